// Search for keys in the lines of log groups.
import { createHash } from 'node:crypto';

import { createFindCandidates } from '#shared/exposure/candidates.ts';
import type { LogBatch, ReadUnmasked } from '#shared/exposure/log-batch.ts';
import { CATALOG } from '#shared/providers/catalog.ts';

import type { ContainLeak } from './exposure.ts';

export type ScanResult = {
  readonly candidates: number;
  /** Beyond the bound of one batch: not compared with the stored keys. */
  readonly dropped: number;
  readonly hits: number;
};

/** Fingerprints of one batch: each is a call of KMS. */
const MAX_FINGERPRINTS = 200;
/** A text that is no key is not compared again for so long: shorter than the time between the storage of a key and its first use. */
const KNOWN_MS = 60_000;
const MAX_KNOWN = 20_000;

/** Text that CloudWatch Logs puts in place of a secret under a data protection policy. */
const MASKED = /\*{8,}/;

/** Prefixes of keys that have one, and of personal access tokens. */
const PREFIXES = [...CATALOG.flatMap(({ keyPrefix }) => keyPrefix ?? []), /^sk-/, /^ptn_/];

/** Texts are remembered by their hashes, not as they are. */
const hashOf = (text: string) => createHash('sha256').update(text).digest('base64');

export function createScanLogs(ports: {
  contain: ContainLeak;
  readUnmasked: ReadUnmasked;
  now: () => number;
}) {
  const { contain, readUnmasked, now } = ports;
  const findCandidates = createFindCandidates(PREFIXES);
  const known = new Map<string, number>();

  const isKnown = (text: string) => (known.get(hashOf(text)) ?? Number.NEGATIVE_INFINITY) > now() - KNOWN_MS;
  function remember(text: string): void {
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(hashOf(text), now());
  }

  async function linesOf(batch: LogBatch): Promise<readonly string[]> {
    const lines = batch.logEvents.map(({ message }) => message);
    const masked = batch.logEvents.filter(({ message }) => MASKED.test(message));
    if (masked.length === 0) return lines;
    const times = masked.map(({ timestamp }) => timestamp);
    const range = { from: Math.min(...times), to: Math.max(...times) + 1 };
    return [...lines, ...(await readUnmasked(batch, range))];
  }

  return async (batch: LogBatch, requestId: string): Promise<ScanResult> => {
    const found = (await linesOf(batch)).map(findCandidates);
    const all = [
      ...new Set([...found.flatMap(({ shaped }) => shaped), ...found.flatMap(({ others }) => others)]),
    ].filter((text) => !isKnown(text));
    const compared = all.slice(0, MAX_FINGERPRINTS);
    let hits = 0;
    for (const text of compared) {
      if ((await contain({ text, source: 'log', requestId })) === 'contained') hits += 1;
      else remember(text);
    }
    return { candidates: compared.length, dropped: all.length - compared.length, hits };
  };
}
