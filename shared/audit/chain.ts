// Writers of hash-chained records. Each concurrent commit of a process has a writer of its own: its records are numbered from 1,
// and each names the leaf hash of the one before. A head shared by all would contend.
import { randomBytes } from 'node:crypto';

import type { CommitOutcome } from '#shared/core/write.ts';

import { CHAIN_START } from './verification.ts';

/** Chain fields of a record of format 2. */
export type ChainPosition = {
  /** Writer: 128 random bits in base64url. */
  readonly w: string;
  /** Number of the record, from 1. */
  readonly seq: number;
  /** Leaf hash of the writer's previous record, in hex; zeros for the first. */
  readonly prev: string;
  /** In a first record: the writer that it replaces, and its record whose commit has an unknown outcome. */
  readonly abandons?: { readonly seq: number; readonly w: string };
};

export type ChainSlot = {
  readonly position: ChainPosition;
  /** @param leaf leaf hash of the record at this position, in hex */
  readonly settle: (outcome: CommitOutcome, leaf: string) => void;
};

export type Writers = { readonly take: () => ChainSlot };

type Head = { readonly w: string; readonly seq: number; readonly prev: string; readonly usedMs: number };

/** The sealer forgets heads of writers after two days (sealing.ts): an idle writer is replaced long before. */
const MAX_IDLE_MS = 12 * 3600_000;

export function createWriters({ now }: { now: () => number }): Writers {
  const idle: Head[] = [];
  const abandoned: { seq: number; w: string }[] = [];

  const startHead = (): Head => ({
    w: randomBytes(16).toString('base64url'),
    seq: 0,
    prev: CHAIN_START,
    usedMs: now(),
  });

  function takeHead(): Head {
    for (let head = idle.pop(); head; head = idle.pop()) {
      const idleMs = now() - head.usedMs;
      if (idleMs >= 0 && idleMs < MAX_IDLE_MS) return head;
    }
    return startHead();
  }

  return {
    take() {
      const head = takeHead();
      const [w, seq] = [head.w, head.seq + 1];
      const abandons = seq === 1 ? abandoned.pop() : undefined;
      return {
        position: { w, seq, prev: head.prev, ...(abandons && { abandons }) },
        settle(outcome, leaf) {
          if (outcome === 'committed') idle.push({ w, seq, prev: leaf, usedMs: now() });
          else if (outcome === 'unknown') abandoned.push({ seq, w });
          else {
            idle.push(head);
            if (abandons) abandoned.push(abandons);
          }
        },
      };
    },
  };
}
