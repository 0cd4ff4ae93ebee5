// Merkle tree of RFC 6962, section 2.1, over SHA-256. A frontier holds the roots of the complete subtrees of a log, largest
// first, which suffices to append leaves and to compute the root.
import { hash } from 'node:crypto';

/** `hashes` has one entry per set bit of `size`. */
export type Frontier = { readonly size: number; readonly hashes: readonly Buffer[] };

export const EMPTY_FRONTIER: Frontier = { size: 0, hashes: [] };

const NODE = Buffer.of(1);

const sha256 = (data: Buffer | string): Buffer => hash('sha256', data, 'buffer');

/** Hash of a leaf: SHA-256 of 0x00 and the UTF-8 bytes of the record. */
export const leafHash = (record: string): Buffer => sha256(`\0${record}`);

const nodeHash = (left: Buffer, right: Buffer): Buffer => sha256(Buffer.concat([NODE, left, right]));

export function appendLeaves(frontier: Frontier, leaves: readonly Buffer[]): Frontier {
  const hashes = [...frontier.hashes];
  let { size } = frontier;
  for (const leaf of leaves) {
    let node = leaf;
    // Each trailing set bit of the size is a subtree as large as the new one.
    for (let rest = size; rest % 2 === 1; rest = (rest - 1) / 2) node = nodeHash(hashes.pop() ?? node, node);
    hashes.push(node);
    size += 1;
  }
  return { size, hashes };
}

export function rootHash({ hashes }: Frontier): Buffer {
  if (hashes.length === 0) return sha256('');
  return hashes.reduceRight((right, left) => nodeHash(left, right));
}

/** Largest power of two below `size`. */
function splitSize(size: number): number {
  let half = 1;
  while (half * 2 < size) half *= 2;
  return half;
}

/** Range of leaves `[from, to)`. */
type Range = { readonly from: number; readonly to: number };

/**
 * Inclusion proof of one leaf in the tree of all leaves up to the end of `leaves`: sibling hashes from the leaf to the root.
 * @param before frontier of the log before the first of `leaves`
 * @param index of the leaf in the log, inside `leaves`
 */
export function inclusionProof(before: Frontier, leaves: readonly Buffer[], index: number): Buffer[] {
  /** Subtrees before the leaves, by their position. */
  const known = new Map<string, Buffer>();
  let start = 0;
  for (const [n, width] of subtreeWidths(before.size).entries()) {
    known.set(`${start} ${start + width}`, before.hashes[n] ?? Buffer.alloc(0));
    start += width;
  }
  const subtreeHash = ({ from, to }: Range): Buffer => {
    const found = known.get(`${from} ${to}`) ?? (to - from === 1 ? leaves[from - before.size] : undefined);
    if (found) return found;
    if (to - from <= 1) throw new Error('The frontier does not belong to these leaves.');
    const middle = from + splitSize(to - from);
    return nodeHash(subtreeHash({ from, to: middle }), subtreeHash({ from: middle, to }));
  };
  const path = ({ from, to }: Range): Buffer[] => {
    if (to - from === 1) return [];
    const middle = from + splitSize(to - from);
    return index < middle
      ? [...path({ from, to: middle }), subtreeHash({ from: middle, to })]
      : [...path({ from: middle, to }), subtreeHash({ from, to: middle })];
  };
  return path({ from: 0, to: before.size + leaves.length });
}

/** Widths of the complete subtrees of a log of this size, largest first. */
function subtreeWidths(size: number): number[] {
  const widths: number[] = [];
  for (let width = 1; width <= size; width *= 2)
    if (Math.floor(size / width) % 2 === 1) widths.unshift(width);
  return widths;
}

/** Root that a proof leads to: RFC 9162, section 2.1.3.2. Undefined if the proof has the wrong length. */
export function rootFromProof(
  leaf: Buffer,
  { index, size }: { index: number; size: number },
  proof: readonly Buffer[],
): Buffer | undefined {
  if (index >= size) return undefined;
  let [position, last] = [index, size - 1];
  let node = leaf;
  for (const sibling of proof) {
    if (last === 0) return undefined;
    if (position % 2 === 1 || position === last) {
      node = nodeHash(sibling, node);
      while (position % 2 === 0 && position !== 0) {
        position /= 2;
        last = Math.floor(last / 2);
      }
    } else node = nodeHash(node, sibling);
    position = Math.floor(position / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? node : undefined;
}
