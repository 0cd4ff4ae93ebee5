// One function → its files: index.js, and beside it one for each part that `import()` loads late. Node reads a file when it is
// asked for: what no first call needs costs a cold start nothing, and esbuild leaves out what is unused of the late parts too.
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import * as esbuild from 'esbuild';
import type { Metafile, Plugin } from 'esbuild';

import { leanSdk, withoutJsonSchemas } from './lean-sdk.ts';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Who asks zod for JSON Schemas: of ours one module, and the MCP server of prompts. All others do without zod's 18 kB for that. */
const WRITES_JSON_SCHEMAS = /^shared\/tools\/registry\.ts$|node_modules\/@modelcontextprotocol\/server\//;

const COMMON = {
  platform: 'node',
  target: 'node24',
  minify: true,
  legalComments: 'none',
  logLevel: 'silent',
} as const satisfies esbuild.CommonOptions;

/** The map is empty unless maps were asked for: they take a third of the time. */
export type Part = { readonly name: string; readonly code: string; readonly map: string };
export type Source = {
  readonly file: string;
  readonly maps: boolean;
  /** Beside those that make every bundle lean. */
  readonly plugins: readonly Plugin[];
};
export type Split = { readonly parts: readonly Part[]; readonly metafile: Metafile };

/** @returns what belongs into `functions/<name>/`, and its graph, in which that folder is called `out/<name>` */
export async function split(name: string, { file, maps, plugins }: Source): Promise<Split> {
  const made = (lean: Plugin[]) => parted(name, { file, maps, plugins: [...plugins, ...lean] });
  const lean = await made([...leanSdk, withoutJsonSchemas]);
  const isAsked = Object.keys(lean.metafile.inputs).some((input) => WRITES_JSON_SCHEMAS.test(input));
  const { outputFiles, metafile } = isAsked ? await made(leanSdk) : lean;
  return { parts: await Promise.all(outputFiles.map((output) => asCommonJs(output, maps))), metafile };
}

/** Only ES modules can be split. */
const parted = (name: string, { file, maps, plugins }: Source) =>
  esbuild.build({
    ...COMMON,
    absWorkingDir: root,
    entryPoints: [{ in: file, out: 'index' }],
    outdir: join('out', name),
    write: false,
    bundle: true,
    splitting: true,
    format: 'esm',
    mainFields: ['module', 'main'],
    sourcemap: maps && 'inline',
    metafile: true,
    plugins: [...plugins],
  });

async function asCommonJs({ path, text }: esbuild.OutputFile, maps: boolean): Promise<Part> {
  const { code, map } = await esbuild.transform(text, {
    ...COMMON,
    format: 'cjs', // starts 15 to 25 ms sooner than ESM, whose import of node:http loads undici …
    supported: { 'dynamic-import': false }, // … and so does the import() in the AWS SDK's first call
    sourcemap: maps && 'external',
    sourcefile: join(basename(dirname(path)), basename(path)),
  });
  return { name: basename(path), code, map };
}
