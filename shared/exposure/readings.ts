// All readings of a text: as written, with escape sequences decoded, and each run of base64 or hexadecimal digits decoded,
// also if it is compressed. Within bounds, because the text may come from a caller.
import { gunzipSync, inflateSync } from 'node:zlib';

import { hasEscapes, unescaped } from '#shared/core/escapes.ts';

/** Encodings within encodings. */
const MAX_DEPTH = 4;
/** Characters of all readings of one text together. */
const MAX_CHARACTERS = 4 * 1024 * 1024;
const MAX_INFLATED_BYTES = 1024 * 1024;
/** Shortest decoded text that can contain a key. */
const SHORTEST = 16;

const BASE64 = /[A-Za-z0-9+/_-]{22,}/g;
const HEX = /(?:[0-9a-fA-F]{2}){16,}/g;
const PRINTABLE = /[\x20-\x7e]{16,}/g;

/** Decompressed bytes, or the bytes themselves. */
function inflated(bytes: Buffer): Buffer {
  const options = { maxOutputLength: MAX_INFLATED_BYTES };
  try {
    if (bytes[0] === 0x1f && bytes[1] === 0x8b) return gunzipSync(bytes, options);
    if (bytes[0] === 0x78) return inflateSync(bytes, options);
  } catch {
    // Not compressed, cut off, or too large: the bytes are read as they are.
  }
  return bytes;
}

const textsIn = (bytes: Buffer): string[] => inflated(bytes).toString('latin1').match(PRINTABLE) ?? [];

/** A run may begin with characters that do not belong to it: all four alignments are tried. */
const base64Texts = (run: string): string[] =>
  [0, 1, 2, 3].flatMap((skipped) => textsIn(Buffer.from(run.slice(skipped), 'base64')));
const hexTexts = (run: string): string[] =>
  [0, 1].flatMap((skipped) => textsIn(Buffer.from(run.slice(skipped), 'hex')));

function decodedOnce(text: string): string[] {
  const plain = hasEscapes(text) ? unescaped(text, '\\%&')?.text : undefined;
  return [
    ...(plain === undefined ? [] : [plain]),
    ...(text.match(BASE64) ?? []).flatMap(base64Texts),
    ...(text.match(HEX) ?? []).flatMap(hexTexts),
  ];
}

/** The text itself first. Each reading once. */
export function readingsOf(text: string): ReadonlySet<string> {
  const all = new Set([text]);
  let [layer, characters] = [[text], text.length];
  for (let depth = 1; depth < MAX_DEPTH && layer.length > 0; depth += 1) {
    const next: string[] = [];
    for (const reading of layer.flatMap(decodedOnce)) {
      if (reading.length < SHORTEST || all.has(reading)) continue;
      characters += reading.length;
      if (characters > MAX_CHARACTERS) return all;
      all.add(reading);
      next.push(reading);
    }
    layer = next;
  }
  return all;
}
