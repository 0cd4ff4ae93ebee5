// Where the local stack keeps its data: PORTUNUS_HOME, else .local in the repository.
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A relative PORTUNUS_HOME counts from where the command was typed; npm runs scripts elsewhere. */
export function homeFolder(): string {
  const { PORTUNUS_HOME, INIT_CWD = process.cwd() } = process.env;
  return PORTUNUS_HOME
    ? resolve(INIT_CWD, PORTUNUS_HOME)
    : fileURLToPath(new URL('../.local', import.meta.url));
}
