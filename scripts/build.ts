// Sources → cdk.out/<stage>: bundles and synthesises what changed. `npm start` and the tests run the result.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { withLock } from './build-lock.ts';
import { bundle, STAMP } from './bundle.ts';
import { TOOLCHAIN } from './bundle-reuse.ts';
import { hashFiles } from './hash-files.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const out = join(root, 'cdk.out');

const SYNTH_TIMEOUT_MS = 120_000;
const BUNDLED = ['functions', 'shared', ...TOOLCHAIN];
const SYNTHESISED = [...BUNDLED, 'infra', 'stages', 'scripts/build.ts', 'cdk.json'];

export type BuildOptions = {
  readonly stage: 'local' | 'dev' | 'prod';
  /** In place of stages/<stage>.json. Such an assembly has a folder of its own. */
  readonly values?: Readonly<Record<string, unknown>>;
  readonly onProgress?: (line: string) => void;
  /** Ends the build and its processes. */
  readonly signal?: AbortSignal;
};

/** @returns the folder of the assembly. Of two concurrent builds, one waits and returns the result of the other. */
export async function buildAssembly(options: BuildOptions): Promise<string> {
  const { stage, values, onProgress = () => {}, signal } = options;
  const assembly = join(out, `${stage}${values ? `+${valuesName(values)}` : ''}`);
  const isCurrent = async () => (await readStamp(assembly)) === (await hashFiles(root, SYNTHESISED));
  if (await isCurrent()) return assembly;
  await withLock(join(out, '.lock'), async () => {
    if (await isCurrent()) return;
    const wanted = await hashFiles(root, SYNTHESISED);
    await bundleIfChanged(onProgress);
    onProgress(`Synthesising stage ${stage}`);
    const fresh = `${assembly}.new`;
    await rm(fresh, { recursive: true, force: true });
    const stageFile = `${assembly}.stage.json`;
    if (values) {
      await mkdir(out, { recursive: true });
      await writeFile(stageFile, JSON.stringify(values));
    }
    await synthesise({ stage, ...(values && { stageFile }) }, { outdir: fresh, signal });
    await writeFile(join(fresh, STAMP), wanted);
    await replace(assembly, fresh);
  });
  return assembly;
}

/** Name of a variant: readable, as far as a folder's name may be. */
const valuesName = (values: object): string => JSON.stringify(values).replaceAll(/[^\w,=.-]/g, '');

async function bundleIfChanged(onProgress: (line: string) => void): Promise<void> {
  const wanted = await hashFiles(root, BUNDLED);
  if ((await readStamp(dist)) === wanted) return;
  onProgress('Bundling the functions');
  await bundle({ dist, reuse: true });
  await writeFile(join(dist, STAMP), wanted);
}

/**
 * Without the CDK command line, which would take seconds longer, and without its validation: `npm run synth` validates.
 * The environment is empty, so that the template does not depend on the AWS account of the developer.
 */
async function synthesise(
  given: object,
  { outdir, signal }: { outdir: string; signal: AbortSignal | undefined },
): Promise<void> {
  const { context } = JSON.parse(await readFile(join(root, 'cdk.json'), 'utf8')) as { context: object };
  const env = {
    CDK_OUTDIR: outdir,
    CDK_CONTEXT_JSON: JSON.stringify({ ...context, ...given }),
    CDK_VALIDATION: 'false',
  };
  const options = { cwd: root, env, timeout: SYNTH_TIMEOUT_MS, signal };
  await promisify(execFile)(process.execPath, [join(root, 'infra/app.ts')], options);
}

async function replace(assembly: string, fresh: string): Promise<void> {
  const old = `${assembly}.old`;
  await rm(old, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  if (existsSync(assembly)) await rename(assembly, old);
  await rename(fresh, assembly);
  await rm(old, { recursive: true, force: true });
}

const readStamp = async (folder: string): Promise<string | undefined> => {
  const stamp = join(folder, STAMP);
  return existsSync(stamp) ? readFile(stamp, 'utf8') : undefined;
};
