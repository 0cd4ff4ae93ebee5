// What is shipped: how large it is, and that nothing rides along.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Metafile } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';

import { routes } from '#functions/routes.ts';
import { buildAssembly } from '#scripts/build.ts';
import { bundle, declaredEntries } from '#scripts/bundle.ts';

import { functionNames } from './synthesised.ts';

const temporary: string[] = [];
const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'portunus-bundle-'));
  temporary.push(made);
  return made;
};
afterAll(() => {
  for (const made of temporary) rmSync(made, { recursive: true, force: true });
});

/** Evaluated before the first caller is served. */
const START_KB: Readonly<Record<string, number>> = { 'tools-invoke': 600, completions: 600, mcp: 850 };
/** With what is loaded late, which is read all the same: no function grows without an end. */
const WHOLE_KB: Readonly<Record<string, number>> = {
  'tools-invoke': 1600,
  mcp: 1600,
  'tools-register': 1600,
  completions: 1600,
};

/** Bytes of what the entry reaches without `import()`. */
function startBytes({ inputs, outputs }: Metafile, name: string): number {
  const output = outputs[`out/${name}/index.js`];
  const seen = new Set<string>();
  const queue = [output?.entryPoint ?? ''];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    const next = inputs[file]?.imports.filter(({ kind, external }) => kind !== 'dynamic-import' && !external);
    queue.push(...(next ?? []).map(({ path }) => path));
  }
  return [...seen].reduce((sum, file) => sum + (output?.inputs[file]?.bytesInOutput ?? 0), 0);
}

describe('the bundles', async () => {
  const { dist } = await bundle({ dist: folder() });
  const source = (name: string) => readFileSync(join(dist, 'functions', name, 'index.js'), 'utf8');

  const meta = JSON.parse(readFileSync(join(dist, 'meta.json'), 'utf8')) as Metafile;

  it.each(functionNames)('%s stays within its budget', (name) => {
    expect(startBytes(meta, name) / 1000).toBeLessThan(START_KB[name] ?? 450);
    const { size } = statSync(join(dist, 'functions', name, 'index.js'));
    expect(size / 1000).toBeLessThan(WHOLE_KB[name] ?? 500);
  });

  it('of the authorizer evaluates little before its first caller', () => {
    expect(startBytes(meta, 'authorizer') / 1000).toBeLessThan(121);
  });

  it('exist for all that is declared and nothing else', () => {
    expect(readdirSync(join(dist, 'functions')).toSorted()).toEqual(functionNames.toSorted());
  });

  it('are shipped without source maps, which stay beside them', () => {
    for (const name of functionNames) {
      expect(readdirSync(join(dist, 'functions', name)).toSorted()).toEqual(['index.js', 'package.json']);
      expect(existsSync(join(dist, 'maps', `${name}.js.map`))).toBe(true);
    }
  });

  it('know one source of credentials: the environment', () => {
    const providers = Object.keys(meta.inputs).flatMap(
      (file) => /credential-provider-[a-z]+/.exec(file) ?? [],
    );
    expect(new Set(providers)).toEqual(new Set(['credential-provider-node', 'credential-provider-env']));
    expect(meta.inputs).toHaveProperty(['credentials-from-environment:@aws-sdk/credential-provider-node']);
  });

  it.each(functionNames)('%s reads no configuration files and loads no ESM facade of node:http', (name) => {
    expect(source(name)).not.toContain('.aws/config');
    expect(source(name)).not.toMatch(/AWS_CONFIG_FILE|AWS_SHARED_CREDENTIALS_FILE/);
    expect(source(name)).not.toMatch(/\bimport\(["']node:/);
  });

  it('hold no fixture of the conformance server', async () => {
    const FIXTURE = /\btest_[a-z]|json_schema_2020_12_tool|test:\/\//;
    for (const name of functionNames) expect(source(name)).not.toMatch(FIXTURE);
    const entries = { conformance: join(import.meta.dirname, '../conformance/server.ts') };
    const made = await bundle({ dist: folder(), entries, schemas: '' });
    expect(readFileSync(join(made.dist, 'functions/conformance/index.js'), 'utf8')).toMatch(FIXTURE);
  });

  it('are the same bytes when nothing changed', async () => {
    const again = await bundle({ dist: folder() });
    for (const name of functionNames) {
      expect(readFileSync(join(again.dist, 'functions', name, 'index.js'), 'utf8') === source(name)).toBe(
        true,
      );
    }
  });
});

describe('the bundle script', () => {
  it('makes CommonJS that runs below an ESM package', async () => {
    const dist = folder();
    writeFileSync(join(dist, 'package.json'), '{"type":"module"}');
    writeFileSync(join(dist, 'hello.ts'), 'export const handler = async (name: string) => `hello ${name}`;');
    const { bytes } = await bundle({ dist: join(dist, 'out'), entries: { hello: join(dist, 'hello.ts') } });
    const made = createRequire(import.meta.url)(join(dist, 'out/functions/hello/index.js')) as {
      handler: (name: string) => Promise<string>;
    };
    await expect(made.handler('alice')).resolves.toBe('hello alice');
    expect(bytes['hello']).toBeGreaterThan(0);
  });

  it('fails on a source that is not there and leaves what was', async () => {
    const dist = folder();
    writeFileSync(join(dist, 'kept'), '');
    await expect(bundle({ dist, entries: { gone: join(dist, 'gone.ts') } })).rejects.toThrow(/gone/);
    expect(readdirSync(dist)).toEqual(['kept']);
  });
});

describe('the request models', async () => {
  const entries = { health: declaredEntries()['health'] ?? '' };
  const { dist } = await bundle({ dist: folder(), entries });
  const models = JSON.parse(readFileSync(join(dist, 'request-models.json'), 'utf8')) as Record<
    string,
    unknown
  >;

  it('belong to routes that take a body', () => {
    const writable = routes.filter(({ method }) => method !== 'GET').map(({ name }) => name);
    expect(writable).toEqual(expect.arrayContaining(Object.keys(models)));
  });

  it('are draft-04, the only dialect API Gateway reads', () => {
    expect(JSON.stringify(models)).not.toMatch(/"\$schema"|"const":|"exclusiveMinimum":\d|prefixItems/);
    const bounded = z.toJSONSchema(z.number().gt(0), { target: 'draft-4', io: 'input' });
    expect(bounded).toMatchObject({ minimum: 0, exclusiveMinimum: true });
  });
});

describe('the assembly', () => {
  it('is built once, however many ask', async () => {
    const lines: string[] = [];
    const onProgress = (line: string) => lines.push(line);
    const asked = Array.from({ length: 3 }, () => buildAssembly({ stage: 'local', onProgress }));
    const [first, ...others] = await Promise.all(asked);
    expect(others).toEqual([first, first]);
    expect(lines.filter((line) => line.startsWith('Synth')).length).toBeLessThan(2);
    expect(existsSync(join(first ?? '', 'manifest.json'))).toBe(true);
  });
});
