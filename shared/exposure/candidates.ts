// Texts that may be keys, in a line of a log. A fingerprint decides whether one is a stored key, so this may return too many, within
// bounds, and should return each real one.
import { readingsOf } from './readings.ts';

const SHORTEST = 16;
const LONGEST = 512;

/** Characters of keys in headers. */
const TOKEN = /[\w.~+/=-]{16,1024}/g;
/** Characters between a key and its name, as in `api_key=…`. */
const SEPARATORS = /[=/.+~]+/;

/** Ids of this service, of AWS and of traces: frequent in logs, and never keys. */
const KNOWN_IDS: readonly RegExp[] = [
  /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i, // UUID
  /^[0-9A-HJKMNP-TV-Z]{26}$/, // ULID
  /^(?:Root=|Self=)?1-[0-9a-f]{8}-[0-9a-f]{24}$/, // X-Ray
  /^(?:openai|anthropic|google|mistral|compatible|[a-z0-9-]{1,32})_[\w-]{22}$/, // id of a stored key
  /^[sp]_[\w-]{22}$/, // id of a session or a personal access token
  /^\d{4}-\d\d-\d\dT/,
];

/** Enough different characters, and digits among letters: words and names of functions have none. */
const isRandom = (token: string): boolean =>
  /\d/.test(token) && /[A-Za-z]/.test(token) && new Set(token).size >= 8;

const mayBeKey = (token: string): boolean =>
  token.length >= SHORTEST &&
  token.length <= LONGEST &&
  isRandom(token) &&
  !KNOWN_IDS.some((pattern) => pattern.test(token));

const trimmed = (token: string) => token.replaceAll(/^[=/.+~-]+|[/.+~-]+$/g, '');

/** The token with and without what surrounds it. */
const variantsOf = (token: string): string[] => [
  token,
  trimmed(token),
  ...token.split(SEPARATORS),
  ...(token.includes('=') ? [trimmed(token.slice(token.indexOf('=') + 1))] : []),
];

const tokensIn = (reading: string) => (reading.match(TOKEN) ?? []).flatMap(variantsOf);

export type Candidates = {
  /** With a known prefix: these first, because the number of fingerprints is bounded. */
  readonly shaped: readonly string[];
  readonly others: readonly string[];
};

/** @param prefixes of known kinds of keys, at the beginning of a key, such as `sk-` */
export function createFindCandidates(prefixes: readonly RegExp[]): (text: string) => Candidates {
  const anywhere = prefixes.map((prefix) => {
    const source = prefix.source.replace(/^\^/, '');
    return new RegExp(`(?:${source})[\\w.+/=-]{12,512}`, 'g');
  });

  const shapedIn = (reading: string) =>
    anywhere.flatMap((pattern) => reading.match(pattern) ?? []).flatMap(variantsOf);

  return (text) => {
    const readings = [...readingsOf(text)];
    const shaped = new Set(readings.flatMap(shapedIn).filter(mayBeKey));
    const others = new Set(
      readings.flatMap(tokensIn).filter((token) => mayBeKey(token) && !shaped.has(token)),
    );
    return { shaped: [...shaped], others: [...others] };
  };
}
