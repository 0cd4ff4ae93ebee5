// Deployed bundles: their size, and the absence of unneeded modules.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import type { Metafile } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';

import { routes } from '#functions/routes.ts';
import { buildAssembly } from '#scripts/build.ts';
import { bundle, declaredEntries } from '#scripts/bundle.ts';
import { bytesOf, filesAtStart, filesOf, pathIn } from '#test/support/bundle-files.ts';

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

/** Read before the first caller is served; without a row 450. */
const START_KB: Readonly<Record<string, number>> = {
  authorizer: 120,
  openapi: 200,
  // With the S3 client, which no route has.
  'on-audit-export': 580,
  'on-audit-seal': 530,
  'on-audit-tampered': 530,
  'tools-invoke': 560,
  completions: 550,
  embeddings: 550,
  messages: 560,
  responses: 560,
  'messages-count': 560,
  mcp: 850,
};
/** Code loaded on demand: translations for other providers; with registered tools, the MCP client, and schemas from outside with the engine of their patterns. */
const LATE_KB: Readonly<Record<string, number>> = {
  'tools-invoke': 690,
  completions: 120,
  embeddings: 120,
  messages: 120,
  responses: 120,
  'messages-count': 120,
  mcp: 650,
};
/** The same, and YAML: documents of APIs. */
const REGISTER_KB = 780;
const MCP_CLIENT_KB = 200;

const isMcpClient = (input: string) => input.includes('@modelcontextprotocol/client/');

describe('the bundles', async () => {
  const dist = join(import.meta.dirname, '../../dist'); // made by test/support/build.ts before any test
  const source = (name: string) =>
    filesOf(meta, name)
      .map((file) => readFileSync(pathIn(dist, file), 'utf8'))
      .join('\n');

  const meta = JSON.parse(readFileSync(join(dist, 'meta.json'), 'utf8')) as Metafile;
  const kB = (files: readonly string[]) => bytesOf(dist, files) / 1000;

  it.each(functionNames)('%s stays within its budget', (name) => {
    const start = START_KB[name] ?? 450;
    expect(kB(filesAtStart(meta, name))).toBeLessThan(start);
    const late = name === 'tools-register' ? REGISTER_KB : LATE_KB[name];
    expect(kB(filesOf(meta, name))).toBeLessThan(late === undefined ? Math.max(450, start) : start + late);
  });

  it.each(['tools-invoke', 'mcp', 'tools-register'])(
    '%s reads the MCP client late, and little of it',
    (name) => {
      const bytesIn = (file: string) =>
        Object.entries(meta.outputs[file]?.inputs ?? {})
          .filter(([input]) => isMcpClient(input))
          .reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0);
      expect(filesAtStart(meta, name).reduce((sum, file) => sum + bytesIn(file), 0)).toBe(0);
      const all = filesOf(meta, name).reduce((sum, file) => sum + bytesIn(file), 0) / 1000;
      expect(all).toBeGreaterThan(0);
      expect(all).toBeLessThan(MCP_CLIENT_KB);
    },
  );

  it('of functions that validate keys hold the key dialect of each provider and no code for chats', () => {
    const ofProviders = /^shared\/providers\/(?:openai|anthropic|google|mistral|compatible)\/(.*)\.ts$/;
    for (const name of ['keys-store', 'keys-connect', 'keys-validate', 'keys-rotate']) {
      const inputs = filesOf(meta, name).flatMap((file) => Object.keys(meta.outputs[file]?.inputs ?? {}));
      const parts = new Set(inputs.flatMap((input) => ofProviders.exec(input)?.[1] ?? []));
      expect(parts).toEqual(new Set(['key']));
    }
  });

  it.each(functionNames)('%s holds no repository address of a package.json', (name) => {
    expect(source(name).includes('git+https://') || source(name).includes('aws-sdk-js-v3.git')).toBe(false);
  });

  it('exist for all that is declared and nothing else', () => {
    expect(readdirSync(join(dist, 'functions')).toSorted()).toEqual(functionNames.toSorted());
  });

  it('are shipped without source maps, which are made beside them when asked for', async () => {
    const entries = { health: declaredEntries()['health'] ?? '' };
    const made = await bundle({ dist: folder(), entries, schemas: '', maps: true });
    expect(readdirSync(join(made.dist, 'maps/health'))).toEqual(['index.js.map']);
    const { sources } = JSON.parse(readFileSync(join(made.dist, 'maps/health/index.js.map'), 'utf8')) as {
      sources: string[];
    };
    expect(sources.some((file) => file.endsWith('functions/health.ts'))).toBe(true);
    for (const name of functionNames) {
      const parts = filesOf(meta, name).map((file) => basename(file));
      expect(new Set(readdirSync(join(dist, 'functions', name)))).toEqual(
        new Set([...parts, 'package.json']),
      );
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

  it('hold the API description as text, without the modules that it is made of', () => {
    expect(source('openapi')).toContain('"openapi":"3.1.0"');
    const inputs = filesOf(meta, 'openapi').flatMap((file) => Object.keys(meta.outputs[file]?.inputs ?? {}));
    expect(inputs.filter((input) => /shared\/(?:tools|providers)|zod/.test(input))).toEqual([]);
  });

  it.each(['tools-list', 'tools-read'])(
    '%s holds the list of the built-in tools and none of them',
    (name) => {
      const inputs = filesOf(meta, name).flatMap((file) => Object.keys(meta.outputs[file]?.inputs ?? {}));
      expect(inputs.filter((input) => input.startsWith('shared/tools/builtin/'))).toEqual([]);
    },
  );

  it('write JSON Schemas where prompts are listed, and carry the code for it nowhere else', async () => {
    const LEFT_OUT = 'JSON Schemas are left out here';
    expect(functionNames.filter((name) => !source(name).includes(LEFT_OUT))).toEqual(
      expect.arrayContaining(['mcp', 'health']),
    );
    for (const name of ['keys-store', 'tools-invoke', 'tools-list']) expect(source(name)).toContain(LEFT_OUT);
    const entries = { conformance: join(import.meta.dirname, '../conformance/server.ts') };
    const made = await bundle({ dist: folder(), entries, schemas: '' });
    const served = join(made.dist, 'functions/conformance');
    for (const part of readdirSync(served)) {
      expect(readFileSync(join(served, part), 'utf8')).not.toContain(LEFT_OUT);
    }
  });

  it('are the same bytes when nothing changed', async () => {
    const names = ['authorizer', 'health'];
    const entries = Object.fromEntries(names.map((name) => [name, declaredEntries()[name] ?? '']));
    const again = await bundle({ dist: folder(), entries, schemas: '' });
    for (const file of names.flatMap((name) => filesOf(meta, name))) {
      expect(readFileSync(pathIn(again.dist, file)).equals(readFileSync(pathIn(dist, file)))).toBe(true);
    }
  });

  it('read a late part where they stand, and only when it is asked for', async () => {
    const made = folder();
    writeFileSync(join(made, 'late.ts'), 'export const greet = (name: string) => `hello ${name}`;');
    const entry = "export const handler = async (name: string) => (await import('./late.ts')).greet(name);";
    writeFileSync(join(made, 'hello.ts'), entry);
    const entries = { hello: join(made, 'hello.ts') };
    const { dist: out } = await bundle({ dist: join(made, 'out'), entries, schemas: '' });
    const index = join(out, 'functions/hello/index.js');
    expect(readFileSync(index, 'utf8')).not.toContain('hello ');
    const { handler } = createRequire(import.meta.url)(index) as {
      handler: (name: string) => Promise<string>;
    };
    await expect(handler('alice')).resolves.toBe('hello alice');
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
    const entries = { health: declaredEntries()['health'] ?? '', gone: join(dist, 'gone.ts') };
    await expect(bundle({ dist, entries })).rejects.toThrow(/gone/);
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

  it('require a JSON object and leave its fields to the function, which names the wrong ones', () => {
    expect(new Set(Object.values(models).map((model) => JSON.stringify(model)))).toEqual(
      new Set(['{"type":"object"}']),
    );
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
