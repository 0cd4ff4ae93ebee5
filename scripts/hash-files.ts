import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** One hash over names and contents of files and folders below `root`. Absent ones count as absent. */
export async function hashFiles(root: string, paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const [file, contents] of await hashesOf(root, paths)) hash.update(`${file}\0${contents}\0`);
  return hash.digest('hex');
}

/** @returns file, relative to `root` → hash of its contents, sorted by file */
export async function hashesOf(root: string, paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const files = (await Promise.all(paths.map((path) => filesBelow(join(root, path))))).flat().toSorted();
  const hashed = await Promise.all(
    files.map(async (file) => {
      const hash = createHash('sha256').update(await readFile(file));
      return [relative(root, file), hash.digest('hex')] as const;
    }),
  );
  return new Map(hashed);
}

async function filesBelow(path: string): Promise<string[]> {
  const found = await stat(path).catch(() => undefined);
  if (!found) return [];
  if (found.isFile()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
