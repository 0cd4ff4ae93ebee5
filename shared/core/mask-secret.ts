// Redaction of a secret in use from all responses of providers and upstreams before they are compared, stored, returned
// or sent. Every path uses this module; find-secret.ts lists the recognised encodings.
import { isExactNumber } from './exact-json.ts';
import { createFinder, formsOf, type Found, shortestOf, type Span } from './find-secret.ts';
import { parseJson } from './scan-json.ts';
import { REDACTED, type Secret } from './secret.ts';

/** Maximum depth of JSON in strings; deeper levels are masked as text. */
const MAX_NESTED = 6;
const NESTED = { depth: 64, nodes: 50_000 };

export type SecretMask = {
  readonly text: (text: string) => string;
  /**
   * Masked copy of a JSON value: strings, names, JSON in strings, and texts that are split across the items of lists.
   */
  readonly json: (value: unknown) => unknown;
  /** True if `json` would change the value. */
  readonly isIn: (value: unknown) => boolean;
  /** Finds the secret in a text that may be incomplete. */
  readonly find: (text: string) => Found;
};

/** Consecutive texts with these spans of the joined text replaced, each in the text where it starts. */
export function withoutSpans(texts: readonly string[], spans: readonly Span[]): string[] {
  let start = 0;
  return texts.map((text) => {
    const end = start + text.length;
    const [parts, from]: [string[], number] = [[], start];
    let kept = start;
    for (const span of spans) {
      if (span.from >= end || span.to <= from) continue;
      parts.push(
        text.slice(kept - from, Math.max(kept, span.from) - from),
        span.from >= from ? REDACTED : '',
      );
      kept = Math.min(end, span.to);
    }
    start = end;
    return parts.join('') + text.slice(kept - from);
  });
}

const isByte = (value: unknown) =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < 256;
/** True for a text as a list of its bytes, as in `logprobs`. */
export const isBytes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length > 0 && value.every(isByte);
export const textOfBytes = (bytes: readonly number[]): string => Buffer.from(bytes).toString('latin1');
const bytesOfText = (text: string): number[] => [...Buffer.from(text, 'latin1')];

const isNumbers = (list: readonly unknown[]): boolean => list.every((item) => typeof item === 'number');

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

type Leaf = { readonly text: string; readonly replace: (text: string) => void };
/** All texts at one path of a document, ignoring list indices. */
type Place = { readonly leaves: Leaf[]; readonly below: Map<string, Place> };
const newPlace = (): Place => ({ leaves: [], below: new Map() });

function below(place: Place, name: string): Place {
  const next = place.below.get(name) ?? newPlace();
  place.below.set(name, next);
  return next;
}

/** @param holder an object or list that may be changed */
function collect(holder: object, place: Place): void {
  if (Array.isArray(holder) && isNumbers(holder)) return;
  for (const [name, value] of Object.entries(holder)) {
    const at = below(place, Array.isArray(holder) ? '' : name);
    const put = (next: unknown) => void Object.defineProperty(holder, name, { value: next });
    if (typeof value === 'string') at.leaves.push({ text: value, replace: put });
    else if (isBytes(value))
      at.leaves.push({ text: textOfBytes(value), replace: (text) => put(bytesOfText(text)) });
    else if (isObject(value) && !isExactNumber(value)) collect(value, at);
  }
}

/** Keeps distinct names distinct. */
function createNames(object: object) {
  const taken = new Set(Object.keys(object));
  let count = 1;
  return (name: string): string => {
    let free = name;
    while (taken.has(free)) {
      count += 1;
      free = `${name} ${count}`;
    }
    taken.add(free);
    return free;
  };
}

function nestedIn(text: string): { value: unknown } | undefined {
  if (!/^\s*[{["]/.test(text)) return undefined;
  try {
    return { value: parseJson(text, NESTED) };
  } catch {
    return undefined; // not JSON, or too deep: masked as text
  }
}

const NOTHING: Found = { spans: [], open: 0 };

/** One pass over one value. */
function createPass(find: (text: string) => Found, number: number) {
  let count = 0;

  function maskText(text: string): string {
    const { spans } = find(text);
    count += spans.length;
    return spans.length > 0 ? withoutSpans([text], spans).join('') : text;
  }

  function maskString(text: string, depth: number): string {
    const nested = depth < MAX_NESTED ? nestedIn(text) : undefined;
    const before = count;
    const value = nested && maskValue(nested.value, depth + 1);
    return maskText(count > before ? JSON.stringify(value) : text);
  }

  function maskList(list: readonly unknown[], depth: number): unknown[] {
    if (!isBytes(list)) {
      const plain = Number.isNaN(number) && isNumbers(list);
      return plain ? [...list] : list.map((item) => maskItem(item, depth));
    }
    const before = count;
    const text = maskText(textOfBytes(list));
    return count > before ? bytesOfText(text) : [...list];
  }

  function maskObject(object: object, depth: number): object {
    const free = createNames(object);
    const entries = Object.entries(object).map(([name, value]) => {
      const masked = maskText(name);
      return [masked === name ? name : free(masked), maskItem(value, depth)] as const;
    });
    return Object.fromEntries(entries);
  }

  function maskItem(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return maskString(value, depth);
    if (Array.isArray(value)) return maskList(value, depth);
    if (isExactNumber(value)) return maskText(value.rawJSON) === value.rawJSON ? value : REDACTED;
    if (isObject(value)) return maskObject(value, depth);
    if (value !== number) return value;
    count += 1;
    return REDACTED;
  }

  /** Masks texts that contain the secret only when joined. */
  function maskSpread({ leaves, below: places }: Place): void {
    for (const place of places.values()) maskSpread(place);
    if (leaves.length < 2) return;
    const texts = leaves.map(({ text }) => text);
    const { spans } = find(texts.join(''));
    count += spans.length;
    if (spans.length === 0) return;
    for (const [index, text] of withoutSpans(texts, spans).entries()) {
      if (text !== texts[index]) leaves[index]?.replace(text);
    }
  }

  function maskValue(value: unknown, depth: number): unknown {
    const masked = maskItem(value, depth);
    if (!isObject(masked)) return masked;
    const place = newPlace();
    collect(masked, place);
    maskSpread(place);
    return masked;
  }

  return { json: (value: unknown) => maskValue(value, 0), count: () => count };
}

/** Placeholder words that clients send to servers without keys. They are not secret and may occur in responses. */
const PLACEHOLDER =
  /^(?:ollama|empty|none|null|dummy|no-key|no-key-required|sk-no-key-required|not-needed|lm-studio|local)$/i;

export function createSecretMask(secret: Secret): SecretMask {
  const plain = secret.reveal();
  const forms = PLACEHOLDER.test(plain) ? [] : formsOf(secret);
  const find = createFinder(forms);
  const shortest = shortestOf(forms);
  const findWhole = (text: string): Found => (text.length < shortest ? NOTHING : find(text));
  // A secret of digits may occur as a number.
  const number = /^\d+$/.test(plain) ? Number(plain) : Number.NaN;
  const json = (value: unknown) => createPass(findWhole, number).json(value);
  return {
    find,
    json,
    text: (text) => json(text) as string,
    isIn(value) {
      const pass = createPass(findWhole, number);
      pass.json(value);
      return pass.count() > 0;
    },
  };
}
