// The product's assembly with some bundles replaced, and what a request costs on this stack when the function does nothing.
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

type Assets = { readonly files: Record<string, { displayName: string; source: { path: string } }> };

export const EMPTY_HANDLER = `exports.handler = async () => ({ statusCode: 200, headers: {}, body: '{}' });\n`;

/** Folder of the bundle of the function `name`. */
export function folderOf(assembly: string, name: string): string {
  const manifests = readdirSync(assembly).filter((file) => file.endsWith('.assets.json'));
  const folders = manifests.flatMap((file) => {
    const { files } = JSON.parse(readFileSync(join(assembly, file), 'utf8')) as Assets;
    return Object.values(files).flatMap(({ displayName, source }) =>
      displayName === `${name}/Code` ? [source.path] : [],
    );
  });
  const [folder] = folders;
  if (folder === undefined) throw new Error(`The assembly holds no function called ${name}.`);
  return join(assembly, folder);
}

/** Copies `assembly` to `target`; there these functions do nothing at all. */
export function copyWithEmpty(assembly: string, target: string, names: readonly string[]): void {
  cpSync(assembly, target, { recursive: true });
  for (const name of names) writeFileSync(join(folderOf(target, name), 'index.js'), EMPTY_HANDLER);
}
