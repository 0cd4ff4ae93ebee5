// One argument as one segment of a path (RFC 6570 simple expansion): `grp/prj` becomes `grp%2Fprj`, and nothing leads elsewhere.

/** Dots and slashes that some servers read out of bytes which are no UTF-8, or out of the notation of IIS. */
const ODD_ENCODINGS: readonly (readonly [RegExp, string])[] = [
  [/%(?:c0|e0%80|f0%80%80|f8%80%80%80)%ae|%u(?:002e|ff0e|2024)/gi, '.'],
  [/%(?:c0%af|c0%2f|e0%80%af|f0%80%80%af|c1%9c|c1%1c)|%u(?:002f|005c|2215|ff0f|ff3c)/gi, '/'],
];
const MAX_ROUNDS = 5;

const decodedOnce = (text: string): string =>
  ODD_ENCODINGS.reduce((given, [bytes, meant]) => given.replaceAll(bytes, meant), text).replaceAll(
    /%([0-7][0-9a-f])/gi,
    (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)),
  );

/** A server may decode more than once; undefined: it is encoded deeper than anybody has a reason to. */
function decoded(text: string): string | undefined {
  let before = text;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const after = decodedOnce(before);
    if (after === before) return after.normalize('NFKC');
    before = after;
  }
  return undefined;
}

/** Matrix parameters (`..;x=1`), blanks and control characters are left off by some servers before they read a segment. */
const isDots = (segment: string): boolean =>
  /^\.{1,2}$/.test(segment.replace(/[;?#].*$/s, '').replaceAll(/[\s\p{Cc}\p{Cf}]/gu, ''));

/** Whether a path, however it is decoded, has a segment that stands for another one. */
export function leadsElsewhere(path: string): boolean {
  const plain = decoded(path);
  return plain === undefined || plain.split(/[/\\]/).some(isDots);
}

/** Undefined: cannot stand in a path. */
export function segmentOf(text: string): string | undefined {
  const isSound = text !== '' && text.isWellFormed() && !/[\\\p{Cc}]/u.test(text);
  return isSound && !leadsElsewhere(text) ? encodeURIComponent(text) : undefined;
}
