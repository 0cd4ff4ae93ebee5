// The verifier in Python, for many logs of one key in one process.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SCRIPT = new URL('../verifier/verify.py', import.meta.url).pathname;

const runs = (command: string, arg: string) => spawnSync(command, [arg]).status === 0;
export const hasPython = runs('python3', '--version') && runs('openssl', 'version');

export type PythonReport = { records: number; size: number; damage: { kind: string; index: number } | null };

export function verifyWithPython(
  folders: readonly string[],
  { pem, origin, args = [] }: { pem: string; origin: string; args?: readonly string[] },
): PythonReport[] {
  const key = join(folders[0] ?? '.', 'key.pem');
  writeFileSync(key, pem);
  const options = [SCRIPT, '--key', key, '--origin', origin, ...args];
  const { stdout, stderr, error } = spawnSync('python3', [...options, ...folders], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  });
  if (error || stderr !== '') throw error ?? new Error(stderr);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as PythonReport);
}
