import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** Copies what a clone would hold, with uncommitted changes, to a temporary folder that shares the installed packages. */
export function copySources(): string {
  const folder = mkdtempSync(join(tmpdir(), 'portunus-start-'));
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  for (const file of list.split('\0').filter(Boolean)) {
    if (existsSync(join(root, file)))
      // else deleted, and not committed yet
      cpSync(join(root, file), join(folder, file), { recursive: true, force: true });
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}
