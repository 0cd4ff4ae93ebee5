// Bundles every function into dist/functions/<name>/: index.js and its late parts. Source maps stay outside what is deployed.
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

import type { Metafile, Plugin } from 'esbuild';

import { authorizer, eventFunctions } from '#functions/events.ts';
import { routes } from '#functions/routes.ts';

import { type BundledFunction, bundleFunctions, type Entries, type Part, root } from './bundle-functions.ts';
import { FINGERPRINTS, fingerprintOf, readSources, unchangedFunctions } from './bundle-reuse.ts';

/** In `dist`: hash of everything it was made of, written by scripts/build.ts. Any other bundle has none. */
export const STAMP = '.stamp';

export type BundleOptions = {
  /** Output folder of `functions/`, `maps/`, `meta.json` and `request-models.json`. */
  readonly dist?: string;
  /** Function name → source file. Default: all that functions/routes.ts and functions/events.ts name. */
  readonly entries?: Entries;
  /** Whether to write source maps too, which takes a third longer. */
  readonly maps?: boolean;
  /** The module with `requestBodies`, by the names of the routes that take one. */
  readonly schemas?: string;
  /** Beside those that make every bundle lean. */
  readonly plugins?: readonly Plugin[];
  /** Whether functions of the last such bundle stay where their sources are unchanged. Not with `maps` or `plugins`. */
  readonly reuse?: boolean;
};

export type Bundled = { readonly dist: string; readonly bytes: Readonly<Record<string, number>> };

export function declaredEntries(): Record<string, string> {
  const names = [...routes, authorizer, ...eventFunctions].map(({ name }) => name);
  return Object.fromEntries(names.map((name) => [name, join(root, 'functions', `${name}.ts`)]));
}

/** Replaces each part of the output in one step: no reader sees half of it. A failure leaves the last output in place. */
export async function bundle(options: BundleOptions = {}): Promise<Bundled> {
  const dist = options.dist ?? join(root, 'dist');
  const fresh = join(dist, `.new-${process.pid}`);
  try {
    const [bytes, models] = await Promise.all([
      options.reuse ? updated(dist, fresh, options) : written(fresh, options),
      requestModels(options.schemas ?? join(root, 'functions/schemas.ts')),
    ]);
    await writeJson(join(fresh, 'request-models.json'), models);
    for (const old of [STAMP, FINGERPRINTS, 'maps'])
      await rm(join(dist, old), { recursive: true, force: true });
    await replace(dist, fresh);
    return { dist, bytes };
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

/** @returns the bytes of each function, late parts included */
async function written(
  dist: string,
  { entries = declaredEntries(), maps = false, plugins = [] }: BundleOptions,
  metafile: Metafile = { inputs: {}, outputs: {} },
): Promise<Record<string, number>> {
  const bytes: Record<string, number> = {};
  const onBundled = async ({ name, parts, metafile: own }: BundledFunction) => {
    bytes[name] = await writeParts(dist, name, parts);
    Object.assign(metafile.inputs, own.inputs);
    Object.assign(metafile.outputs, own.outputs);
  };
  await bundleFunctions(entries, { maps, plugins, onBundled });
  await writeJson(join(dist, 'meta.json'), { inputs: metafile.inputs, outputs: sorted(metafile.outputs) });
  return sorted(bytes);
}

async function updated(dist: string, fresh: string, options: BundleOptions): Promise<Record<string, number>> {
  const { entries = declaredEntries() } = options;
  const sources = await readSources();
  const { names, metafile } = await unchangedFunctions(dist, entries, sources);
  const changed = Object.fromEntries(Object.entries(entries).filter(([name]) => !names.includes(name)));
  for (const name of names)
    await cp(join(dist, 'functions', name), join(fresh, 'functions', name), { recursive: true });
  const bytes = await written(fresh, { ...options, entries: changed }, metafile);
  const made = Object.entries(entries).map(([name, file]) => [name, fingerprintOf(sources, metafile, file)]);
  await writeJson(join(fresh, FINGERPRINTS), Object.fromEntries(made));
  return bytes;
}

const sorted = <Value>(entries: Readonly<Record<string, Value>>): Record<string, Value> =>
  Object.fromEntries(Object.entries(entries).toSorted(([one], [other]) => (one < other ? -1 : 1)));

async function writeParts(dist: string, name: string, parts: readonly Part[]): Promise<number> {
  const folder = join(dist, 'functions', name);
  for (const { name: file, code, map } of parts) {
    await write(join(folder, file), code);
    if (map !== '') await write(join(dist, 'maps', name, `${file}.map`), map);
  }
  // Without it, the local stack would run the bundle as the `"type": "module"` of our package.json says.
  await write(join(folder, 'package.json'), '{"type":"commonjs"}\n');
  return parts.reduce((sum, { code }) => sum + Buffer.byteLength(code), 0);
}

/**
 * Models that API Gateway checks before a function starts: a JSON object, and nothing of its fields. The gateway cannot say which
 * field is wrong; the function parses the body and names field, reason and remedy.
 */
async function requestModels(schemas: string): Promise<Record<string, unknown>> {
  if (!existsSync(schemas)) return {};
  const { requestBodies } = (await import(pathToFileURL(schemas).href)) as { requestBodies: object };
  return Object.fromEntries(Object.keys(requestBodies).map((name) => [name, { type: 'object' }]));
}

async function replace(dist: string, fresh: string): Promise<void> {
  const old = join(dist, `.old-${process.pid}`);
  await mkdir(old, { recursive: true });
  for (const part of await readdir(fresh)) {
    if (existsSync(join(dist, part))) await rename(join(dist, part), join(old, part));
    await rename(join(fresh, part), join(dist, part));
  }
  await rm(old, { recursive: true, force: true });
}

async function write(file: string, contents: string | Uint8Array): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, contents);
}

const writeJson = (file: string, value: unknown) => write(file, JSON.stringify(value));

const HELP = `Usage: npm run build

Bundles every function into dist/, with source maps beside them, and prints their sizes.

  --help   show this text`;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { help: { type: 'boolean' } } });
  if (values.help) {
    console.log(HELP);
    return;
  }
  const { bytes } = await bundle({ maps: true });
  for (const [name, size] of Object.entries(bytes))
    console.log(`${name.padEnd(30)} ${(size / 1000).toFixed(0)} kB`);
}

if (import.meta.main) await main();
