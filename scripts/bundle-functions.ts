// Function sources → deployable files: index.js, and beside it one file for each part that `import()` loads late. Node reads a
// file on demand, so a cold start does not pay for late parts. Functions without late parts share one esbuild call; each other
// function needs a call of its own (esbuild splits an ES module graph, and two entries in one call would share chunks), which
// reuses the parsed modules of the calls before.
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import * as esbuild from 'esbuild';
import type { Metafile, Plugin } from 'esbuild';

import { evaluatedModules } from './evaluated-modules.ts';
import { isLeanStub, leanSdk, withoutJsonSchemas } from './lean-sdk.ts';
import { reachableInputs } from './metafile.ts';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Modules that ask zod for JSON Schemas: one of ours, and the MCP server for prompts. Every other function omits zod's 18 kB for that. */
const WRITES_JSON_SCHEMAS = /^shared\/tools\/registry\.ts$|node_modules\/@modelcontextprotocol\/server\//;

/** More contexts only parse the same modules more often. */
const MAX_CONTEXTS = 4;

const ENTRY = 'portunus-entry';

const COMMON = {
  platform: 'node',
  target: 'node24',
  minify: true,
  legalComments: 'none',
  logLevel: 'silent',
} as const satisfies esbuild.CommonOptions;

const BUNDLE = {
  ...COMMON,
  absWorkingDir: root,
  outdir: 'out',
  write: false,
  bundle: true,
  mainFields: ['module', 'main'],
  metafile: true,
} as const satisfies esbuild.BuildOptions;

/** CommonJS starts 15 to 25 ms sooner than ESM, whose import of node:http loads undici; so does the import() in the AWS SDK's first call. */
const COMMON_JS = {
  format: 'cjs',
  supported: { 'dynamic-import': false },
} as const satisfies esbuild.CommonOptions;

/** The map is empty unless maps were requested. */
export type Part = { readonly name: string; readonly code: string; readonly map: string };
/** The graph calls the folder of the function `out/<name>`. */
export type BundledFunction = {
  readonly name: string;
  readonly parts: readonly Part[];
  readonly metafile: Metafile;
};
export type Entries = Readonly<Record<string, string>>;
export type FunctionOptions = {
  /** Source maps take a third longer. */
  readonly maps: boolean;
  /** Beside those that make every bundle lean. */
  readonly plugins: readonly Plugin[];
  readonly onBundled: (bundled: BundledFunction) => Promise<void>;
};

type Kind = { readonly isSplit: boolean; readonly hasJsonSchemas: boolean };
type Source = Kind & { readonly name: string; readonly file: string };

export async function bundleFunctions(entries: Entries, options: FunctionOptions): Promise<void> {
  if (Object.keys(entries).length === 0) return;
  const sources = await classify(entries, options);
  const whole = sources.filter(({ isSplit }) => !isSplit);
  await Promise.all([
    bundleSplit(
      sources.filter(({ isSplit }) => isSplit),
      options,
    ),
    bundleWhole(
      whole.filter(({ hasJsonSchemas }) => hasJsonSchemas),
      options,
    ),
    bundleWhole(
      whole.filter(({ hasJsonSchemas }) => !hasJsonSchemas),
      options,
    ),
  ]);
}

/** One call over all entries that only reads the graph: as all chunks are shared, each module is printed once. */
async function classify(entries: Entries, { plugins }: FunctionOptions): Promise<Source[]> {
  const named = Object.entries(entries).map(([name, file]) => ({ name, file }));
  const { metafile } = await esbuild.build({
    ...BUNDLE,
    entryPoints: named.map(entryPoint),
    format: 'esm',
    splitting: true,
    plugins: [...plugins, evaluatedModules, ...leanSdk, withoutJsonSchemas()],
  });
  return named.map((source) => ({ ...source, ...kindOf(metafile, source.name) }));
}

const entryPoint = ({ name, file }: Pick<Source, 'name' | 'file'>) => ({ in: file, out: `${name}/index` });

const isLate = ({ kind, external, path }: Metafile['inputs'][string]['imports'][number]) =>
  kind === 'dynamic-import' && external !== true && !isLeanStub(path);

function kindOf(metafile: Metafile, name: string): Kind {
  const inputs = reachableInputs(metafile, metafile.outputs[`out/${name}/index.js`]?.entryPoint ?? '');
  return {
    isSplit: inputs.some((input) => metafile.inputs[input]?.imports.some(isLate)),
    hasJsonSchemas: inputs.some((input) => WRITES_JSON_SCHEMAS.test(input)),
  };
}

/** All of one variant. The bytes of a function do not depend on the other sources of the call: a test holds it. */
async function bundleWhole(sources: readonly Source[], options: FunctionOptions): Promise<void> {
  const [first] = sources;
  if (!first) return;
  const { outputFiles, metafile } = await esbuild.build({
    ...BUNDLE,
    ...COMMON_JS,
    entryPoints: sources.map(entryPoint),
    sourcemap: options.maps && 'external',
    plugins: [
      ...options.plugins,
      evaluatedModules,
      ...leanSdk,
      ...(first.hasJsonSchemas ? [] : [withoutJsonSchemas()]),
    ],
  });
  const texts = new Map(outputFiles.map(({ path, text }) => [path, text]));
  for (const { name } of sources) {
    const output = `out/${name}/index.js`;
    const path = join(root, output);
    const parts = [{ name: 'index.js', code: texts.get(path) ?? '', map: texts.get(`${path}.map`) ?? '' }];
    await options.onBundled({ name, parts, metafile: only(metafile, output) });
  }
}

function only({ inputs, outputs }: Metafile, output: string): Metafile {
  const found = outputs[output];
  if (!found) throw new Error(`esbuild wrote no ${output}.`);
  const reached = reachableInputs({ inputs }, found.entryPoint ?? '');
  return {
    inputs: Object.fromEntries(reached.flatMap((file) => (inputs[file] ? [[file, inputs[file]]] : []))),
    outputs: { [output]: found },
  };
}

async function bundleSplit(sources: readonly Source[], options: FunctionOptions): Promise<void> {
  const asCommonJs = createConverter(options.maps);
  // The largest first, so that no worker ends long after the others.
  const queue = sources.toSorted((one, other) => +other.hasJsonSchemas - +one.hasJsonSchemas).values();
  const worker = async () => {
    const bundler = await createSplitBundler(options);
    try {
      for (const source of queue) {
        const { outputFiles, metafile } = await bundler.bundle(source);
        const parts = await Promise.all(outputFiles.map(asCommonJs));
        await options.onBundled({ name: source.name, parts, metafile: placedIn(metafile, source.name) });
      }
    } finally {
      await bundler.dispose();
    }
  };
  const workers = Math.min(sources.length, availableParallelism(), MAX_CONTEXTS);
  await Promise.all(Array.from({ length: workers }, worker));
}

/** One esbuild context whose entry changes between two rebuilds, so that every module is parsed once. */
async function createSplitBundler({ maps, plugins }: FunctionOptions) {
  let current: Source | undefined;
  const entry: Plugin = {
    name: ENTRY,
    setup(build) {
      build.onResolve({ filter: new RegExp(`^${ENTRY}$`) }, () => ({ path: current?.file ?? '' }));
    },
  };
  const context = await esbuild.context({
    ...BUNDLE,
    entryPoints: [{ in: ENTRY, out: 'index' }],
    splitting: true,
    format: 'esm', // only ES modules can be split
    sourcemap: maps && 'inline',
    plugins: [
      entry,
      ...plugins,
      evaluatedModules,
      ...leanSdk,
      withoutJsonSchemas(() => current?.hasJsonSchemas !== true),
    ],
  });
  return {
    /** One at a time. */
    bundle(source: Source) {
      current = source;
      return context.rebuild();
    },
    dispose: () => context.dispose(),
  };
}

const placedIn = ({ inputs, outputs }: Metafile, name: string): Metafile => {
  const placed = (file: string) => file.replace(/^out\//, `out/${name}/`);
  return {
    inputs,
    outputs: Object.fromEntries(
      Object.entries(outputs).map(([file, output]) => [
        placed(file),
        {
          ...output,
          imports: output.imports.map((one) => (one.external ? one : { ...one, path: placed(one.path) })),
        },
      ]),
    ),
  };
};

/** Many functions have the same late parts: each text is converted once. */
function createConverter(maps: boolean) {
  const converted = new Map<string, Promise<esbuild.TransformResult>>();
  return async ({ path, text }: esbuild.OutputFile): Promise<Part> => {
    const result =
      converted.get(text) ??
      esbuild.transform(text, {
        ...COMMON,
        ...COMMON_JS,
        sourcemap: maps && 'external',
        sourcefile: basename(path),
      });
    converted.set(text, result);
    const { code, map } = await result;
    return { name: basename(path), code, map };
  };
}
