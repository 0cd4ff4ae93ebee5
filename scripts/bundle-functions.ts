// Function sources → deployable files: index.js, and beside it one file for each part that `import()` loads late. Node reads a
// file on demand, so a cold start does not pay for late parts. Functions without late parts share one esbuild call; each other
// function needs a call of its own (esbuild splits an ES module graph, and two entries in one call would share chunks), which
// reuses the parsed modules of the calls before. A first call over all entries tells which function is which, by the modules
// that its bundle holds after tree shaking.
import { availableParallelism } from 'node:os';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import * as esbuild from 'esbuild';
import type { Metafile, Plugin } from 'esbuild';

import { evaluatedModules } from './evaluated-modules.ts';
import { isLeanStub, leanSdk, withoutJsonSchemas } from './lean-sdk.ts';
import { reachableInputs, reachableOutputs } from './metafile.ts';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** The module that asks zod for JSON Schemas: the MCP server, for prompts. Every other function omits zod's 18 kB for that. */
const WRITES_JSON_SCHEMAS = /node_modules\/@modelcontextprotocol\/server\//;

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

type Source = { readonly name: string; readonly file: string };
type Kind = { readonly isSplit: boolean; readonly hasJsonSchemas: boolean };
type Classified = Source & Kind;

export async function bundleFunctions(entries: Entries, options: FunctionOptions): Promise<void> {
  if (Object.keys(entries).length === 0) return;
  const sources = Object.entries(entries).map(([name, file]) => ({ name, file }));
  const first = await buildWhole(sources, { ...options, hasJsonSchemas: false });
  const classified = sources.map((source) => ({ ...source, ...kindOf(first.metafile, source.name) }));
  const whole = classified.filter(({ isSplit }) => !isSplit);
  for (const { name } of whole.filter(({ hasJsonSchemas }) => !hasJsonSchemas)) {
    await options.onBundled(wholeFunction(first, name));
  }
  await Promise.all([
    bundleWithJsonSchemas(
      whole.filter(({ hasJsonSchemas }) => hasJsonSchemas),
      options,
    ),
    bundleSplit(
      classified.filter(({ isSplit }) => isSplit),
      options,
    ),
  ]);
}

const entryPoint = ({ name, file }: Pick<Source, 'name' | 'file'>) => ({ in: file, out: `${name}/index` });

const isLate = ({ kind, external, path }: Metafile['inputs'][string]['imports'][number]) =>
  kind === 'dynamic-import' && external !== true && !isLeanStub(path);

/**
 * A function is split if one of its sources has a late part, even if tree shaking drops that one: in a single file, esbuild wraps
 * every module that a late part shares.
 */
function kindOf(metafile: Metafile, name: string): Kind {
  const { entryPoint: entry = '', inputs: contents = {} } = metafile.outputs[`out/${name}/index.js`] ?? {};
  return {
    isSplit: reachableInputs(metafile, entry).some((input) => metafile.inputs[input]?.imports.some(isLate)),
    hasJsonSchemas: Object.entries(contents).some(
      ([input, { bytesInOutput }]) => bytesInOutput > 0 && WRITES_JSON_SCHEMAS.test(input),
    ),
  };
}

type Built = { readonly texts: ReadonlyMap<string, string>; readonly metafile: Metafile };

/** One file for each function. The bytes of a function do not depend on the other sources of the call: a test holds it. */
async function buildWhole(
  sources: readonly Source[],
  { maps, plugins, hasJsonSchemas }: FunctionOptions & Pick<Kind, 'hasJsonSchemas'>,
): Promise<Built> {
  const { outputFiles, metafile } = await esbuild.build({
    ...BUNDLE,
    ...COMMON_JS,
    entryPoints: sources.map(entryPoint),
    sourcemap: maps && 'external',
    plugins: [...plugins, evaluatedModules, ...leanSdk, ...(hasJsonSchemas ? [] : [withoutJsonSchemas()])],
  });
  return { texts: new Map(outputFiles.map(({ path, text }) => [path, text])), metafile };
}

function wholeFunction({ texts, metafile }: Built, name: string): BundledFunction {
  const output = `out/${name}/index.js`;
  const path = join(root, output);
  const parts = [{ name: 'index.js', code: texts.get(path) ?? '', map: texts.get(`${path}.map`) ?? '' }];
  return { name, parts, metafile: only(metafile, output) };
}

async function bundleWithJsonSchemas(sources: readonly Source[], options: FunctionOptions): Promise<void> {
  if (sources.length === 0) return;
  const built = await buildWhole(sources, { ...options, hasJsonSchemas: true });
  for (const { name } of sources) await options.onBundled(wholeFunction(built, name));
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

async function bundleSplit(sources: readonly Classified[], options: FunctionOptions): Promise<void> {
  const asCommonJs = createConverter(options.maps);
  // The largest first, so that no worker ends long after the others.
  const queue = sources.toSorted((one, other) => +other.hasJsonSchemas - +one.hasJsonSchemas).values();
  const worker = async () => {
    const bundler = await createSplitBundler(options);
    try {
      for (const source of queue) {
        const { outputFiles, metafile } = await bundler.bundle(source);
        // Dropped code may have imported chunks: they are written, and nothing loads them.
        const loaded = reachableOutputs(metafile, 'out/index.js');
        const files = outputFiles.filter(({ path }) => loaded.has(relative(root, path)));
        const parts = await Promise.all(files.map(asCommonJs));
        await options.onBundled({
          name: source.name,
          parts,
          metafile: placedIn(metafile, source.name, loaded),
        });
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
  let current: Classified | undefined;
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
    bundle(source: Classified) {
      current = source;
      return context.rebuild();
    },
    dispose: () => context.dispose(),
  };
}

const placedIn = ({ inputs, outputs }: Metafile, name: string, loaded: ReadonlySet<string>): Metafile => {
  const placed = (file: string) => file.replace(/^out\//, `out/${name}/`);
  return {
    inputs,
    outputs: Object.fromEntries(
      Object.entries(outputs)
        .filter(([file]) => loaded.has(file))
        .map(([file, output]) => [
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
