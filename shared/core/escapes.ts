// Escape sequences that stand for one printable ASCII character: percent-encoding, backslash escapes as in JSON, JavaScript,
// C and Markdown, and HTML character references.

/** HTML's names of printable ASCII characters, in lower case, each before its character. */
const NAMED: ReadonlyMap<string, string> = new Map(
  [
    'amp& lt< gt> quot" apos\' excl! num# dollar$ percnt% lpar( rpar) ast* midast* plus+ comma, period. sol/',
    'colon: semi; equals= quest? commat@ lsqb[ lbrack[ bsol\\ rsqb] rbrack] hat^ lowbar_ underbar_ grave`',
    'diacriticalgrave` lcub{ lbrace{ verbar| vert| verticalline| rcub} rbrace}',
  ]
    .flatMap((line) => line.split(' '))
    .map((entry) => [entry.slice(0, -1), entry.slice(-1)]),
);
/** The names that browsers accept without a semicolon. */
const WITHOUT_SEMICOLON = 'amp|lt|gt|quot';
const REFERENCE = new RegExp(
  [
    '&#0{0,6}(\\d{2,3})(?!\\d);?',
    '&#x0{0,6}([2-7][0-9a-f])(?![0-9a-f]);?',
    `&(${WITHOUT_SEMICOLON});?`,
    `&(${[...NAMED.keys()].join('|')});`,
  ].join('|'),
  'iy',
);
const BRACED = /\\u\{0{0,6}([2-7][0-9a-f])\}/y;
/** A sequence that the end of the text cuts off. */
const CUT = /(?:%[0-9a-f]?|\\(?:u\{?|x)?[0-9a-f]{0,8}|&#?\w{0,20})$/iy;
const LONGEST_CUT = 22;

const [PERCENT, AMPERSAND, BACKSLASH] = [0x25, 0x26, 0x5c];

/** True if an escape sequence may start with this UTF-16 unit. */
export const startsEscape = (code: number): boolean =>
  code === BACKSLASH || code === PERCENT || code === AMPERSAND;

export const INTRODUCERS = ['\\', '%', '&'] as const;
export const hasEscapes = (text: string): boolean => /[\\%&]/.test(text);

export type Escape = { readonly code: number; readonly to: number };

const isPrintable = (code: number): boolean => code >= 0x20 && code < 0x7f;
const PUNCTUATION = new Set(Array.from('!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~', (char) => char.charCodeAt(0)));
const escape = (code: number, to: number): Escape | undefined =>
  isPrintable(code) ? { code, to } : undefined;

function hexDigit(code: number): number {
  if (code >= 0x30 && code < 0x3a) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter < 0x67 ? letter - 0x57 : Number.NaN;
}

/** Two hexadecimal digits. */
const pairAt = (text: string, at: number): Escape | undefined =>
  escape(16 * hexDigit(text.charCodeAt(at)) + hexDigit(text.charCodeAt(at + 1)), at + 2);

function backslashAt(text: string, at: number): Escape | undefined {
  const next = text[at + 1];
  if (next === 'x') return pairAt(text, at + 2);
  if (next === 'u' || next === 'U') {
    if (text.startsWith('00', at + 2))
      return pairAt(text, text.startsWith('000000', at + 2) ? at + 8 : at + 4);
    BRACED.lastIndex = at;
    const braced = BRACED.exec(text);
    return braced ? escape(Number.parseInt(braced[1] ?? '', 16), BRACED.lastIndex) : undefined;
  }
  const code = text.charCodeAt(at + 1);
  return PUNCTUATION.has(code) ? { code, to: at + 2 } : undefined;
}

function referenceAt(text: string, at: number): Escape | undefined {
  REFERENCE.lastIndex = at;
  const match = REFERENCE.exec(text);
  if (!match) return undefined;
  const [all, decimal, hex, short, name] = match;
  const number = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
  const named = NAMED.get((short ?? name ?? '').toLowerCase());
  return escape(named?.charCodeAt(0) ?? number, at + all.length);
}

function completeAt(text: string, at: number): Escape | undefined {
  const code = text.charCodeAt(at);
  if (code === BACKSLASH) return backslashAt(text, at);
  if (code === PERCENT) return pairAt(text, at + 1);
  return code === AMPERSAND ? referenceAt(text, at) : undefined;
}

/** Escape sequence at this position; `cut` if the text ends within one. */
export function escapeAt(text: string, at: number): Escape | 'cut' | undefined {
  const found = completeAt(text, at);
  if (found || text.length - at > LONGEST_CUT) return found;
  CUT.lastIndex = at;
  return CUT.test(text) ? 'cut' : undefined;
}

/** Decoded text, with the source position of each of its UTF-16 units and of its end. */
export type Unescaped = { readonly text: string; readonly starts: Uint32Array };

/**
 * Decodes each escape sequence once; undefined if there is none.
 * @param introducers characters that a sequence must start with to be decoded
 */
export function unescaped(text: string, introducers: string): Unescaped | undefined {
  const codes = new Uint16Array(text.length);
  const starts = new Uint32Array(text.length + 1);
  let [at, length] = [0, 0];
  while (at < text.length) {
    const code = text.charCodeAt(at);
    const isRead = startsEscape(code) && introducers.includes(String.fromCharCode(code));
    const sequence = isRead ? completeAt(text, at) : undefined;
    starts[length] = at;
    codes[length] = sequence?.code ?? code;
    at = sequence?.to ?? at + 1;
    length += 1;
  }
  if (length === text.length) return undefined;
  starts[length] = text.length;
  const units = Buffer.from(codes.buffer, 0, 2 * length);
  return { text: units.toString('utf16le'), starts: starts.subarray(0, length + 1) };
}
