// Object versions of one bucket on disk. A version is written once: two files, of which the second commits it.
import { existsSync, mkdirSync, readdirSync, readFileSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

import * as z from 'zod';

import { replaceFile } from '#local/kms/replace-file.ts';

const Retention = z.object({ mode: z.enum(['GOVERNANCE', 'COMPLIANCE']), untilMs: z.number() });
export type Retention = z.infer<typeof Retention>;

const Version = z.object({
  number: z.number(),
  key: z.string(),
  id: z.string(),
  atMs: z.number(),
  /** True for a delete marker, which has no content. */
  isMarker: z.boolean(),
  etag: z.string(),
  contentType: z.string().optional(),
  retention: Retention.optional(),
  hasLegalHold: z.boolean(),
});
export type Version = z.infer<typeof Version>;

export type NewVersion = Omit<Version, 'number'>;

export type ObjectStore = {
  /** Newest version of a key, a delete marker included. */
  readonly newest: (key: string) => Version | undefined;
  readonly version: (key: string, id: string) => Version | undefined;
  /** Keys whose newest version is not a delete marker, sorted by UTF-8 bytes. */
  readonly keys: () => string[];
  readonly content: (version: Version) => Buffer;
  readonly add: (version: NewVersion, content: Buffer) => void;
  /** Replaces the lock of a version. */
  readonly lock: (version: Version, lock: Pick<Version, 'retention' | 'hasLegalHold'>) => void;
  readonly remove: (version: Version) => void;
};

export function createObjectStore(folder: string): ObjectStore {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const versions = new Map<string, Version[]>();
  const pathOf = (number: number, kind: 'json' | 'data') => join(folder, `${number}.${kind}`);
  let last = 0;

  const remember = (version: Version) => {
    last = Math.max(last, version.number);
    const others = (versions.get(version.key) ?? []).filter(({ number }) => number !== version.number);
    versions.set(
      version.key,
      [...others, version].toSorted((a, b) => a.number - b.number),
    );
  };
  const save = (version: Version) => {
    replaceFile(pathOf(version.number, 'json'), JSON.stringify(version));
    remember(version);
  };
  for (const name of readdirSync(folder)) {
    if (name.endsWith('.json')) remember(Version.parse(JSON.parse(readFileSync(join(folder, name), 'utf8'))));
  }

  const newest = (key: string) => versions.get(key)?.at(-1);
  return {
    newest,
    version: (key, id) => versions.get(key)?.find((version) => version.id === id),
    keys: () =>
      [...versions.keys()]
        .filter((key) => newest(key)?.isMarker === false)
        .toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    content: ({ number }) => readFileSync(pathOf(number, 'data')),
    add(version, content) {
      const number = last + 1;
      if (!version.isMarker) replaceFile(pathOf(number, 'data'), content);
      save({ ...version, number });
    },
    lock: (version, lock) => save({ ...version, ...lock }),
    remove({ key, number }) {
      for (const kind of ['json', 'data'] as const)
        if (existsSync(pathOf(number, kind))) unlinkSync(pathOf(number, kind));
      versions.set(
        key,
        (versions.get(key) ?? []).filter((other) => other.number !== number),
      );
    },
  };
}
