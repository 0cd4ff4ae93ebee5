// Bundles every function: dist/functions/<name>/, index.js and what it loads late. Source maps stay outside what is shipped.
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { Metafile, Plugin } from 'esbuild';
import * as z from 'zod';

import { authorizer, eventFunctions } from '#functions/events.ts';
import { routes } from '#functions/routes.ts';

import { type Part, root, split } from './split.ts';

/** In `dist`: hash of what it was made of, written by scripts/build.ts. A bundle made otherwise has none. */
export const STAMP = '.stamp';

export type BundleOptions = {
  /** Where `functions/`, `maps/`, `meta.json` and `request-models.json` go. */
  readonly dist?: string;
  /** Function name → source file. Default: all that functions/routes.ts and functions/events.ts name. */
  readonly entries?: Readonly<Record<string, string>>;
  /** Whether to write source maps too, which takes a third longer. */
  readonly maps?: boolean;
  /** The module with `requestBodies`, each route's zod schema of its body. */
  readonly schemas?: string;
  /** Beside those that make every bundle lean. */
  readonly plugins?: readonly Plugin[];
};

export type Bundled = { readonly dist: string; readonly bytes: Readonly<Record<string, number>> };

export function declaredEntries(): Record<string, string> {
  const names = [...routes, authorizer, ...eventFunctions].map(({ name }) => name);
  return Object.fromEntries(names.map((name) => [name, join(root, 'functions', `${name}.ts`)]));
}

/** Each part of the output is replaced at once: nobody ever reads half of it. One that fails leaves what was. */
export async function bundle(options: BundleOptions = {}): Promise<Bundled> {
  const dist = options.dist ?? join(root, 'dist');
  const fresh = join(dist, `.new-${process.pid}`);
  try {
    const { bytes, metafile } = await written(fresh, options);
    await writeJson(join(fresh, 'meta.json'), metafile);
    await writeJson(
      join(fresh, 'request-models.json'),
      await requestModels(options.schemas ?? join(root, 'functions/schemas.ts')),
    );
    await rm(join(dist, STAMP), { force: true });
    await rm(join(dist, 'maps'), { recursive: true, force: true }); // of what was
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
): Promise<{ bytes: Record<string, number>; metafile: Metafile }> {
  const bytes: Record<string, number> = {};
  const metafile: Metafile = { inputs: {}, outputs: {} };
  const names = Object.keys(entries).values();
  const worker = async () => {
    for (const name of names) {
      const made = await split(name, { file: entries[name] ?? '', maps, plugins });
      bytes[name] = await writeParts(dist, name, made.parts);
      Object.assign(metafile.inputs, made.metafile.inputs);
      Object.assign(metafile.outputs, made.metafile.outputs);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return { bytes: sorted(bytes), metafile: { inputs: metafile.inputs, outputs: sorted(metafile.outputs) } };
}

const sorted = <Value>(entries: Readonly<Record<string, Value>>): Record<string, Value> =>
  Object.fromEntries(Object.entries(entries).toSorted(([one], [other]) => (one < other ? -1 : 1)));

async function writeParts(dist: string, name: string, parts: readonly Part[]): Promise<number> {
  const folder = join(dist, 'functions', name);
  for (const { name: file, code, map } of parts) {
    await write(join(folder, file), code);
    if (map !== '') await write(join(dist, 'maps', name, `${file}.map`), map);
  }
  // Run in place by the local stack, the bundle would else inherit `"type": "module"` from our package.json.
  await write(join(folder, 'package.json'), '{"type":"commonjs"}\n');
  return parts.reduce((sum, { code }) => sum + Buffer.byteLength(code), 0);
}

/** What API Gateway checks before a function starts. The function parses again: this only spares it the obvious. */
async function requestModels(schemas: string): Promise<Record<string, unknown>> {
  if (!existsSync(schemas)) return {};
  const { requestBodies } = (await import(pathToFileURL(schemas).href)) as {
    requestBodies: Readonly<Record<string, z.ZodType>>;
  };
  const models = Object.entries(requestBodies).map(([name, schema]) => {
    const { $schema: _, ...model } = z.toJSONSchema(schema, {
      target: 'draft-4',
      io: 'input',
      unrepresentable: 'any',
    });
    return [name, model];
  });
  return Object.fromEntries(models) as Record<string, unknown>;
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

if (import.meta.main) {
  const { bytes } = await bundle({ maps: true });
  for (const [name, size] of Object.entries(bytes))
    console.log(`${name.padEnd(30)} ${(size / 1000).toFixed(0)} kB`);
}
