// Data folder of the local stack: PORTUNUS_HOME, else .local in the repository.
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Resolves a relative PORTUNUS_HOME from the caller's folder: npm runs scripts in the folder of package.json. */
export function homeFolder(): string {
  const { PORTUNUS_HOME, INIT_CWD = process.cwd() } = process.env;
  return PORTUNUS_HOME
    ? resolve(INIT_CWD, PORTUNUS_HOME)
    : fileURLToPath(new URL('../.local', import.meta.url));
}
