// Files of a function's folder, from the bundler's metafile.
import { statSync } from 'node:fs';
import { join } from 'node:path';

import type { Metafile } from 'esbuild';

/** In the graph, the folder of a function; on the disk `dist/functions/<name>`. */
const folderOf = (name: string) => `out/${name}/`;

export const filesOf = ({ outputs }: Metafile, name: string): string[] =>
  Object.keys(outputs).filter((file) => file.startsWith(folderOf(name)) && file.endsWith('.js'));

/** The files that are read before a function can answer: what its entry reaches without `import()`. */
export function filesAtStart({ outputs }: Metafile, name: string): string[] {
  const seen = new Set<string>();
  const queue = [`${folderOf(name)}index.js`];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    const next = outputs[file]?.imports.filter(
      ({ kind, external }) => kind !== 'dynamic-import' && !external,
    );
    queue.push(...(next ?? []).map(({ path }) => path));
  }
  return [...seen];
}

export const pathIn = (dist: string, file: string): string => join(dist, file.replace(/^out/, 'functions'));

export const bytesOf = (dist: string, files: readonly string[]): number =>
  files.reduce((sum, file) => sum + statSync(pathIn(dist, file)).size, 0);
