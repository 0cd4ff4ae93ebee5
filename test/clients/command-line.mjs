// Runs the command line of a client, with a browser that signs in by itself.
import { execFile } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { given } from './cases.mjs';

const COMMAND_LIMIT_MS = 50_000;
const BROWSER = 'xdg-open';

const bin = join(given.scratch, 'bin');
await mkdir(bin, { recursive: true });
const script = `#!/bin/sh\nexec "${process.execPath}" "${join(import.meta.dirname, 'xdg-open.mjs')}" "$@"\n`;
await writeFile(join(bin, BROWSER), script);
await chmod(join(bin, BROWSER), 0o755);

/** Environment of a client's process: a home of its own, and the browser first in the path. */
export const environment = {
  HOME: given.scratch,
  PATH: [bin, dirname(process.execPath), process.env.PATH].join(':'),
  BROWSER: join(bin, BROWSER),
};

/** The file of a command that a package installs. */
export const commandFile = (...path) => join(given.folder, 'node_modules', ...path);

/** @returns exit code and output; the process reads nothing */
export function runCommand(file, args, more = {}) {
  return new Promise((resolve) => {
    const options = { env: { ...environment, ...more }, cwd: given.scratch, timeout: COMMAND_LIMIT_MS };
    const child = execFile(process.execPath, [file, ...args], options, (error, stdout, stderr) => {
      if (given.verbose) process.stderr.write(`${args.join(' ')}\n${stdout}${stderr}\n`);
      resolve({ code: error ? (error.code ?? 1) : 0, stdout, stderr });
    });
    child.stdin.end();
  });
}
