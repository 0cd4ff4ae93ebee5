// Ways to write a secret, and a reader that knows them all: written apart from the code they test.

type Next = () => number;
type Encode = (key: string, next: Next) => string;

const hexOf = (char: string) => char.charCodeAt(0).toString(16).padStart(2, '0');
const anyCase = (text: string, next: Next) =>
  Array.from(text, (char) => (next() % 2 === 0 ? char.toUpperCase() : char.toLowerCase())).join('');

/** Some of the characters, or all of them. */
const some =
  (encode: (char: string, next: Next) => string): Encode =>
  (key, next) => {
    const among = 1 + (next() % 4);
    return Array.from(key, (char) => (next() % among === 0 ? encode(char, next) : char)).join('');
  };

const NAMES: Readonly<Record<string, string>> = {
  '&': 'amp',
  '<': 'lt',
  '>': 'gt',
  '"': 'quot',
  "'": 'apos',
  '/': 'sol',
  '+': 'plus',
  _: 'lowbar',
  '=': 'equals',
  '.': 'period',
  '%': 'percnt',
  '\\': 'bsol',
  '#': 'num',
};

const percent = some((char, next) => `%${anyCase(hexOf(char), next)}`);
const unicode = some((char, next) => `\\u00${anyCase(hexOf(char), next)}`);
const decimal = some((char, next) => `&#${'0'.repeat(next() % 3)}${char.charCodeAt(0)};`);

const base64 =
  (format: 'base64' | 'base64url'): Encode =>
  (key, next) => {
    const around = (count: number) => Array.from({ length: count }, () => 'xyz7'[next() % 4]).join('');
    const text = Buffer.from(`${around(next() % 4)}${key}${around(next() % 4)}`).toString(format);
    return next() % 2 === 0 ? text.replaceAll('=', '') : text;
  };

export const ENCODINGS: readonly Encode[] = [
  (key) => key,
  percent,
  (key) => encodeURIComponent(key),
  (key, next) => percent(percent(key, next), next),
  base64('base64'),
  base64('base64url'),
  (key, next) => anyCase(Buffer.from(key).toString('hex'), next),
  (key) => Array.from(key).toReversed().join(''),
  unicode,
  (key, next) => JSON.stringify(unicode(key, next)).slice(1, -1),
  some((char, next) => `\\u{${'0'.repeat(next() % 4)}${hexOf(char)}}`),
  some((char, next) => `\\x${anyCase(hexOf(char), next)}`),
  decimal,
  (key, next) => decimal(key, next).replaceAll('&', '&amp;'),
  some((char, next) => `&#x${anyCase(hexOf(char), next)};`),
  some((char) => (NAMES[char] ? `&${NAMES[char]};` : char)),
  some((char, next) => (next() % 2 === 0 ? `%${hexOf(char)}` : `\\u00${hexOf(char)}`)),
];

const fromHex = (_all: string, ...digits: unknown[]) =>
  String.fromCharCode(Number.parseInt(String(digits.find((one) => typeof one === 'string')), 16));

const READERS: readonly ((text: string) => string)[] = [
  (text) => text.replaceAll(/%([0-9a-f]{2})/gi, fromHex),
  (text) =>
    text
      .replaceAll(/\\u00([0-9a-f]{2})|\\x([0-9a-f]{2})|\\u\{0*([0-9a-f]{2})\}/gi, fromHex)
      .replaceAll(/\\([\\"/])/g, '$1'),
  (text) =>
    text
      .replaceAll(/&#0*(\d+);/g, (_all, code: string) => String.fromCharCode(Number(code)))
      .replaceAll(/&#x0*([0-9a-f]+);/gi, fromHex)
      .replaceAll(/&(\w+);/g, (all, name: string) => {
        const found = Object.entries(NAMES).find(([, one]) => one === name);
        return found ? found[0] : all;
      }),
];

/** The text, and all that up to four readers make of it one after the other. */
function readings(text: string): Set<string> {
  const all = new Set([text]);
  for (let round = 0; round < 4; round += 1) {
    for (const one of all.size < 100 ? [...all] : []) for (const read of READERS) all.add(read(one));
  }
  return all;
}

function* decoded(text: string): Generator<string> {
  yield text;
  yield Array.from(text).toReversed().join('');
  for (const [run] of text.matchAll(/[0-9a-f]{2,}/gi)) {
    for (const at of [0, 1]) yield Buffer.from(run.slice(at), 'hex').toString('latin1');
  }
  for (const [run] of text.matchAll(/[\w+/-]{4,}/g)) {
    for (const at of [0, 1, 2, 3]) yield Buffer.from(run.slice(at), 'base64').toString('latin1');
  }
}

/** Whether more than about half of the key, from its start or to its end, can be read in any way. */
export function revealed(text: string, key: string): boolean {
  const half = Math.ceil(key.length / 2) + 1;
  const parts = [key.slice(1, 1 + half), key.slice(-half)];
  return [...readings(text)].some((one) =>
    [...decoded(one)].some((said) => parts.some((part) => said.includes(part))),
  );
}
