// State of the sealer between runs: a function of the sealed log, and so verifiable against its last checkpoint.
import { hash } from 'node:crypto';

import * as z from 'zod';

import { canonicalJson } from '#shared/core/canonical-json.ts';

import { type Checkpoint, NO_PREVIOUS } from './checkpoint.ts';
import { appendLeaves, type Frontier, leafHash, rootHash } from './merkle.ts';
import { CHAIN_START, type ChainedRecord, parseChained } from './verification.ts';

const Hash = z.string().regex(/^[0-9a-f]{64}$/);
const Head = z.strictObject({ seq: z.number().int(), leaf: Hash, ts: z.string() });

export const SealState = z.strictObject({
  format: z.literal(1),
  size: z.number().int(),
  frontier: z.array(Hash),
  /** Last record of each recent writer. */
  heads: z.record(z.string(), Head),
  /** Index of the first record of the last segment. */
  last: z.number().int(),
  /** SHA-256 of the last checkpoint. */
  previous: Hash,
  /** Records up to this time were read. */
  readUntil: z.string(),
});
export type SealState = z.infer<typeof SealState>;

export const EMPTY_STATE: SealState = {
  format: 1,
  size: 0,
  frontier: [],
  heads: {},
  last: 0,
  previous: NO_PREVIOUS,
  readUntil: '',
};

/** A writer is idle for at most half a day (chain.ts), and clocks differ by far less. */
const HEADS_KEPT_MS = 48 * 3600_000;

export const frontierOf = ({ size, frontier }: SealState): Frontier => ({
  size,
  hashes: frontier.map((hex) => Buffer.from(hex, 'hex')),
});

export const headsHash = ({ heads }: SealState): string => hash('sha256', canonicalJson(heads), 'hex');

/** The last record of a writer, or the position before its first one. */
export const headIn = ({ heads }: SealState, w: string) => heads[w] ?? { seq: 0, leaf: CHAIN_START };

/** Whether the state is the one that this checkpoint was signed for. */
export const isStateOf = (state: SealState, checkpoint: Checkpoint): boolean =>
  checkpoint.size === state.size &&
  checkpoint.root.equals(rootHash(frontierOf(state))) &&
  checkpoint.heads === headsHash(state);

/** State after these lines, apart from the fields that follow from the signed checkpoint. */
export function advance(state: SealState, lines: readonly string[]): SealState {
  const leaves = lines.map((line) => leafHash(line));
  const heads: Record<string, z.infer<typeof Head>> = { ...state.heads };
  let newest = '';
  for (const [n, line] of lines.entries()) {
    const { w, seq, ts } = chained(line);
    heads[w] = { seq, leaf: leaves[n]?.toString('hex') ?? '', ts };
    if (ts > newest) newest = ts;
  }
  const oldest = new Date(Date.parse(newest) - HEADS_KEPT_MS).toISOString();
  const { size, hashes } = appendLeaves(frontierOf(state), leaves);
  return {
    ...state,
    size,
    frontier: hashes.map((each) => each.toString('hex')),
    heads: Object.fromEntries(Object.entries(heads).filter(([, { ts }]) => ts >= oldest)),
    last: state.size,
  };
}

function chained(line: string): ChainedRecord {
  const record = parseChained(line);
  if (record) return record;
  throw new Error('A record without chain fields cannot be sealed.');
}
