import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Metafile } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { bundle, declaredEntries } from '#scripts/bundle.ts';
import { fingerprintOf } from '#scripts/bundle-reuse.ts';

const root = join(import.meta.dirname, '../..');

const input = (
  ...paths: [path: string, kind?: 'import-statement' | 'dynamic-import'][]
): Metafile['inputs'][string] => ({
  bytes: 1,
  imports: paths.map(([path, kind = 'import-statement']) => ({ path, kind })),
});

describe('the fingerprint of a function', () => {
  const inputs: Metafile['inputs'] = {
    'functions/a.ts': input(['shared/used.ts'], ['shared/late.ts', 'dynamic-import']),
    'functions/b.ts': input(['shared/other.ts']),
    'shared/used.ts': input(['node_modules/zod/index.js'], ['no-browsers:bowser']),
    'shared/late.ts': input(),
    'shared/other.ts': input(),
  };
  const hashes: Record<string, string> = {
    'functions/a.ts': '1',
    'functions/b.ts': '1',
    'shared/used.ts': '1',
    'shared/late.ts': '1',
    'shared/other.ts': '1',
  };
  const fingerprint = (changes: Record<string, string> = {}, toolchain = 't') =>
    fingerprintOf(
      { toolchain, hashes: new Map(Object.entries({ ...hashes, ...changes })) },
      { inputs },
      join(root, 'functions/a.ts'),
    );

  it.each(['functions/a.ts', 'shared/used.ts', 'shared/late.ts'])(
    'changes with %s, which it contains',
    (file) => {
      expect(fingerprint({ [file]: '2' })).not.toBe(fingerprint());
    },
  );

  it('does not change with a file that only another function contains', () => {
    expect(fingerprint({ 'shared/other.ts': '2', 'functions/b.ts': '2' })).toBe(fingerprint());
  });

  it('changes with the bundler and the lock file', () => {
    expect(fingerprint({}, 'another')).not.toBe(fingerprint());
  });

  it('does not exist for a function with a source that is not hashed', () => {
    const outside = { ...inputs, 'functions/a.ts': input(['../elsewhere.ts']) };
    const sources = { toolchain: 't', hashes: new Map(Object.entries(hashes)) };
    expect(fingerprintOf(sources, { inputs: outside }, join(root, 'functions/a.ts'))).toBeUndefined();
  });
});

const sortedGraph = (text: string) => {
  const { inputs, outputs } = JSON.parse(text) as Metafile;
  return { inputs: Object.keys(inputs).toSorted(), outputs };
};

describe('a second bundle', () => {
  const dist = mkdtempSync(join(tmpdir(), 'portunus-reuse-'));
  afterAll(() => rmSync(dist, { recursive: true }));
  const names = ['authorizer', 'health', 'keys-list'];
  const entries = Object.fromEntries(names.map((name) => [name, declaredEntries()[name] ?? '']));
  const again = () => bundle({ dist, entries, schemas: '', reuse: true });
  const file = (name: string) => join(dist, 'functions', name, 'index.js');
  const MARK = '// of the last bundle';
  const marked = () => names.filter((name) => readFileSync(file(name), 'utf8').includes(MARK));
  const markAll = () => names.forEach((name) => appendFileSync(file(name), MARK));
  const changeFingerprints = (change: (fingerprints: Record<string, string>) => void) => {
    const path = join(dist, 'fingerprints.json');
    const fingerprints = JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>;
    change(fingerprints);
    writeFileSync(path, JSON.stringify(fingerprints));
  };
  let meta = '';

  beforeAll(async () => {
    await again();
    meta = readFileSync(join(dist, 'meta.json'), 'utf8');
    markAll();
  });

  it('keeps every function whose sources are unchanged', async () => {
    await again();
    expect(marked()).toEqual(names);
  });

  it('makes the changed function alone, and tells the same graph as a whole bundle', async () => {
    changeFingerprints((fingerprints) => (fingerprints['health'] = 'of other sources'));
    await again();
    expect(marked()).toEqual(['authorizer', 'keys-list']);
    expect(sortedGraph(readFileSync(join(dist, 'meta.json'), 'utf8'))).toEqual(sortedGraph(meta));
  });

  it('makes a function whose files are gone', async () => {
    rmSync(join(dist, 'functions/keys-list'), { recursive: true });
    await again();
    expect(marked()).toEqual(['authorizer']);
  });

  it('makes all functions after a bundle without fingerprints', async () => {
    await bundle({ dist, entries, schemas: '' });
    markAll();
    await again();
    expect(marked()).toEqual([]);
  });

  it('has the bytes of a bundle of all functions', async () => {
    const whole = join(root, 'dist/functions');
    await again();
    for (const name of names) {
      expect(readFileSync(file(name)).equals(readFileSync(join(whole, name, 'index.js')))).toBe(true);
    }
  });
});
