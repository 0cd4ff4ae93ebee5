// Inclusion receipt: proof that one record is in the signed log. docs/formats.md has the format.
import * as z from 'zod';

import { type CheckpointKey, openNote } from './checkpoint.ts';
import { inclusionProof, leafHash, rootFromProof } from './merkle.ts';
import { frontierOfSegment, type Segment } from './segment.ts';

export const Receipt = z.strictObject({
  format: z.literal(1),
  /** The record, byte for byte. */
  record: z.string(),
  index: z.number().int().min(0),
  proof: z.array(z.string().regex(/^[0-9a-f]{64}$/)),
  checkpoint: z.string(),
});
export type Receipt = z.infer<typeof Receipt>;

/** @param n position of the record in its segment */
export function createReceipt(segment: Segment, lines: readonly string[], n: number): Receipt {
  const leaves = segment.leaves.map((leaf) => Buffer.from(leaf, 'hex'));
  const index = segment.first + n;
  return {
    format: 1,
    record: lines[n] ?? '',
    index,
    proof: inclusionProof(frontierOfSegment(segment), leaves, index).map((hash) => hash.toString('hex')),
    checkpoint: segment.checkpoint,
  };
}

export function isValidReceipt({ record, index, proof, checkpoint }: Receipt, key: CheckpointKey): boolean {
  const signed = openNote(checkpoint, key);
  if (!signed) return false;
  const path = proof.map((hex) => Buffer.from(hex, 'hex'));
  return rootFromProof(leafHash(record), { index, size: signed.size }, path)?.equals(signed.root) ?? false;
}
