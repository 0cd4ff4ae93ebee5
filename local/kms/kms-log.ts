// The KMS call log, as CloudTrail would show it: caller, key and encryption context; never a plaintext or ciphertext.
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { replaceFile } from './replace-file.ts';

export type KmsLogEntry = {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly operation: string;
  readonly caller: string;
  readonly keyArns: readonly string[];
  readonly encryptionContext?: Readonly<Record<string, string>>;
  /** `ok` or the name of KMS's error. */
  readonly result: string;
};

const LIMIT = 100_000;

/** The newest entries live in memory too; the file is appended before the caller gets an answer. */
export function createKmsLog(folder: string) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'log.jsonl');
  const entries = existsSync(path) ? load(path) : [];
  replaceFile(path, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  return {
    append(entry: KmsLogEntry) {
      appendFileSync(path, `${JSON.stringify(entry)}\n`);
      entries.push(entry);
      if (entries.length > LIMIT) entries.splice(0, entries.length - LIMIT);
    },
    all: (): readonly KmsLogEntry[] => entries,
  };
}

function load(path: string): KmsLogEntry[] {
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .slice(-LIMIT - 1);
  // A SIGKILL may truncate the last line; without its newline the call was never answered.
  return lines.slice(0, -1).map((line) => JSON.parse(line) as KmsLogEntry);
}
