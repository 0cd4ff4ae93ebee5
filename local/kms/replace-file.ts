// Atomic and durable file replacement: a SIGKILL leaves the old content or the new one, never a mixture.
import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Readable by its owner only. Returns once the content is on disk. */
export function replaceFile(path: string, content: string | Uint8Array): void {
  const temporary = `${path}.new`;
  const file = openSync(temporary, 'w', 0o600);
  const bytes = Buffer.from(content);
  flushing(file, () => {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
  });
  renameSync(temporary, path);
  const folder = openSync(dirname(path), 'r');
  flushing(folder, () => {});
}

function flushing(file: number, work: () => void): void {
  try {
    work();
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
