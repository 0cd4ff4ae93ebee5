// Functions whose bundle of the last build is still right, so that a changed file costs the functions that contain it only.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

import type { Metafile } from 'esbuild';

import { type Entries, root } from './bundle-functions.ts';
import { EVALUATED_PREFIX } from './evaluated-modules.ts';
import { hashesOf, hashFiles } from './hash-files.ts';
import { reachableInputs } from './metafile.ts';

/** In `dist`: function → fingerprint of all sources it was made of. */
export const FINGERPRINTS = 'fingerprints.json';

/** Determine every bundle: the bundler, and what it reads besides sources. The lock file stands for node_modules. */
export const TOOLCHAIN = [
  'scripts/bundle.ts',
  'scripts/bundle-functions.ts',
  'scripts/evaluated-modules.ts',
  'scripts/lean-sdk.ts',
  'scripts/metafile.ts',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
];

export type Sources = {
  readonly toolchain: string;
  /** File → hash of its contents. */
  readonly hashes: ReadonlyMap<string, string>;
};
export type Previous = { readonly names: readonly string[]; readonly metafile: Metafile };

/** To be read before anything is bundled: a file that changes meanwhile then belongs to the next build. */
export async function readSources(): Promise<Sources> {
  const [toolchain, hashes] = await Promise.all([
    hashFiles(root, TOOLCHAIN),
    hashesOf(root, ['functions', 'shared']),
  ]);
  return { toolchain, hashes };
}

/**
 * An evaluated module stands for all sources: its imports are not known here.
 * @returns undefined where a source of the entry lies outside the hashed folders
 */
export function fingerprintOf(
  { toolchain, hashes }: Sources,
  metafile: Pick<Metafile, 'inputs'>,
  entry: string,
): string | undefined {
  const hash = createHash('sha256').update(toolchain);
  for (const input of reachableInputs(metafile, relative(root, entry)).toSorted()) {
    if (input.startsWith(EVALUATED_PREFIX)) for (const all of hashes) hash.update(all.join('\0'));
    if (input.includes('node_modules/') || /^[\w-]+:/.test(input)) continue;
    const contents = hashes.get(input);
    if (contents === undefined) return undefined;
    hash.update(`${input}\0${contents}\0`);
  }
  return hash.digest('hex');
}

export async function unchangedFunctions(
  dist: string,
  entries: Entries,
  sources: Sources,
): Promise<Previous> {
  const nothing = { names: [], metafile: { inputs: {}, outputs: {} } };
  const files = [FINGERPRINTS, 'meta.json'].map((name) => join(dist, name));
  if (!files.every((file) => existsSync(file))) return nothing;
  const [known, metafile] = (await Promise.all(
    files.map(async (file) => JSON.parse(await readFile(file, 'utf8')) as unknown),
  )) as [Record<string, string>, Metafile];
  const isUnchanged = ([name, file]: [string, string]) =>
    known[name] !== undefined &&
    known[name] === fingerprintOf(sources, metafile, file) &&
    existsSync(join(dist, 'functions', name, 'index.js'));
  const unchanged = Object.entries(entries).filter(isUnchanged);
  const names = unchanged.map(([name]) => name);
  const kept = new Set(unchanged.flatMap(([, file]) => reachableInputs(metafile, relative(root, file))));
  return {
    names,
    metafile: {
      inputs: pick(metafile.inputs, (input) => kept.has(input)),
      outputs: pick(metafile.outputs, (output) => names.some((name) => output.startsWith(`out/${name}/`))),
    },
  };
}

const pick = <Value>(
  record: Readonly<Record<string, Value>>,
  isWanted: (name: string) => boolean,
): Record<string, Value> => Object.fromEntries(Object.entries(record).filter(([name]) => isWanted(name)));
