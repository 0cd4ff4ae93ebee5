// Installs the groups of clients, each into a folder of its own below .local/, from its lockfile and without install scripts.
import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const declared = join(import.meta.dirname, 'packages');
const installed = join(import.meta.dirname, '../../.local/clients');
const LOCK = 'package-lock.json';
/** For all groups together: a registry that takes longer counts as unreachable. */
const INSTALL_LIMIT_MS = 240_000;
const installedBy = performance.now() + INSTALL_LIMIT_MS;

/** Codes of npm and Node that mean: the registry does not answer. */
const UNREACHABLE =
  /\b(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ENOTCACHED|ERR_SOCKET_TIMEOUT|FETCH_ERROR|E50[234])\b/;

export class RegistryUnreachable extends Error {}

export const folderOf = (group: string): string => join(installed, group);

const textOf = (file: string) => readFile(file, 'utf8').catch(() => undefined);

/** Left as it is where the same lockfile was installed before. */
export async function install(group: string, onProgress: (line: string) => void): Promise<void> {
  const folder = folderOf(group);
  const wanted = await textOf(join(declared, group, LOCK));
  const done = await textOf(join(folder, 'node_modules/.package-lock.json'));
  if (done !== undefined && (await textOf(join(folder, LOCK))) === wanted) return;
  onProgress(`Installing ${group}`);
  await mkdir(folder, { recursive: true });
  for (const file of ['package.json', LOCK]) await copyFile(join(declared, group, file), join(folder, file));
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--fetch-retries=1'];
  try {
    const timeout = Math.max(1, Math.round(installedBy - performance.now()));
    await promisify(execFile)('npm', ['ci', ...flags], { cwd: folder, timeout });
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    if (UNREACHABLE.test(stderr))
      throw new RegistryUnreachable(`The npm registry cannot be reached: ${group}`);
    throw new Error(`npm ci failed in ${folder}:\n${stderr}`);
  }
}

/** The version that is installed. */
export async function versionOf(group: string, module: string): Promise<string> {
  const file = join(folderOf(group), 'node_modules', module, 'package.json');
  return (JSON.parse(await readFile(file, 'utf8')) as { version: string }).version;
}
