// Move of stored keys from one CMK to another: each data key is re-encrypted inside KMS, so no plaintext leaves it. The
// sealed message is unchanged. An interrupted job continues from its stored position.
import { createHash } from 'node:crypto';

import { AppError } from '#shared/core/errors.ts';
import type { Commit, Write } from '#shared/core/write.ts';
import { integrityFailure } from '#shared/crypto/integrity.ts';
import type { EncryptionContext, WrappedKey } from '#shared/crypto/key-wrapper.ts';

import { encryptionContext, type KeyStore, type Sealed, type StoredKey } from './stored-key.ts';

/** Port to KMS. Rejects a wrapped key that was bound to another context. */
export type Rewrapper = (key: WrappedKey & { readonly context: EncryptionContext }) => Promise<WrappedKey>;

/** Port. All rows of the vault in storage order. Malformed rows are counted but not returned. */
export type VaultScan = (
  after: string | undefined,
  limit: number,
) => Promise<{ keys: StoredKey[]; unreadable: number; next?: string | undefined }>;

/** Progress of a job. `after` is the start of the next page. */
export type RewrapProgress = {
  readonly after?: string | undefined;
  readonly seen: number;
  readonly moved: number;
  /** Changed concurrently: the next pass processes them again. */
  readonly changed: number;
  /** Not moved: their wrapped key was not created by KMS for them. */
  readonly failed: number;
};

/** Port. Stored progress of a job to one CMK. Losing it only means reading rows again. */
export type RewrapMarks = {
  readonly find: () => Promise<RewrapProgress | undefined>;
  readonly save: (progress: RewrapProgress) => Promise<void>;
  readonly clear: () => Promise<void>;
};

export type RewrapPorts = {
  readonly stage: string;
  readonly scan: VaultScan;
  readonly keys: Pick<KeyStore, 'replace'>;
  readonly rewrapper: Rewrapper;
  readonly marks: RewrapMarks;
  readonly commit: Commit;
  readonly record: (key: StoredKey, requestId: string, code?: AppError['code']) => Write;
  /** Target CMK. */
  readonly to: string;
  /** Allowed source CMKs. A row that names another one was not written by this service: KMS is not called for it. */
  readonly from: readonly string[];
};

export type RewrapCall = {
  readonly requestId: string;
  readonly dryRun: boolean;
  readonly hasTime: () => boolean;
};

export type RewrapReport = Omit<RewrapProgress, 'after'> & { readonly to: string; readonly done: boolean };

const PAGE = 25;
const START: RewrapProgress = { seen: 0, moved: 0, changed: 0, failed: 0 };

type Fate = 'current' | 'moved' | 'changed' | 'failed';

const fingerprint = (wrapped: Uint8Array) => createHash('sha256').update(wrapped).digest().subarray(0, 16);

async function move({ stage, rewrapper, to, from }: RewrapPorts, key: StoredKey): Promise<StoredKey> {
  async function moved<Part extends Sealed>(part: Part): Promise<Part> {
    if (part.wkArn === to) return part;
    if (!from.includes(part.wkArn)) throw integrityFailure('key_arn');
    const context = encryptionContext(stage, { ...key, version: part.version });
    const { wrapped, keyArn } = await rewrapper({ wrapped: part.wk, keyArn: part.wkArn, context });
    return { ...part, wk: wrapped, wkArn: keyArn, wkFp: fingerprint(wrapped) };
  }
  const prev = key.prev && (await moved(key.prev));
  return { ...(await moved(key)), ...(prev && { prev }), revision: key.revision + 1 };
}

const isThere = (key: StoredKey, to: string) =>
  key.wkArn === to && (key.prev === undefined || key.prev.wkArn === to);

/** Processes one row. A failure of this row is its outcome; an unavailable KMS or a denied permission ends the run. */
async function handle(ports: RewrapPorts, key: StoredKey, { dryRun, requestId }: RewrapCall): Promise<Fate> {
  if (isThere(key, ports.to)) return 'current';
  if (dryRun) return 'moved';
  try {
    const moved = await move(ports, key);
    await ports.commit([ports.keys.replace(moved), ports.record(moved, requestId)]);
    return 'moved';
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.code === 'conflict' || error.code === 'not_found') return 'changed';
    if (error.code !== 'integrity_failed') throw error;
    await ports.commit([ports.record(key, requestId, error.code)]);
    return 'failed';
  }
}

async function handlePage(ports: RewrapPorts, before: RewrapProgress, call: RewrapCall) {
  const { keys, unreadable, next } = await ports.scan(before.after, PAGE);
  const settled = await Promise.allSettled(keys.map((key) => handle(ports, key, call)));
  const fates = settled.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
  const count = (fate: Fate) => fates.filter((one) => one === fate).length;
  return {
    after: next,
    seen: before.seen + keys.length + unreadable,
    moved: before.moved + count('moved'),
    changed: before.changed + count('changed'),
    failed: before.failed + count('failed') + unreadable,
  } satisfies RewrapProgress;
}

const toReport = (
  { seen, moved, changed, failed }: RewrapProgress,
  rest: Pick<RewrapReport, 'to' | 'done'>,
): RewrapReport => ({ seen, moved, changed, failed, ...rest });

/** One run within the available time. Runs are repeated until a report has `done`. */
export function createRewrap(ports: RewrapPorts): (call: RewrapCall) => Promise<RewrapReport> {
  const { marks, to } = ports;
  return async (call) => {
    let progress = (call.dryRun ? undefined : await marks.find()) ?? START;
    while (call.hasTime()) {
      progress = await handlePage(ports, progress, call);
      if (progress.after === undefined) {
        if (progress.changed === 0 || call.dryRun) {
          if (!call.dryRun) await marks.clear();
          return toReport(progress, { to, done: true });
        }
        progress = { ...START, moved: progress.moved };
      }
      if (!call.dryRun) await marks.save(progress);
    }
    return toReport(progress, { to, done: false });
  };
}
