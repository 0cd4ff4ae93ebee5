// What JSON.parse would quietly change or let through: rounded integers, infinite numbers, halves of characters.
import { AppError } from './errors.ts';

/** Only a text with one of these can hold such a value; all others are parsed without a second look. */
const SUSPECT = /\\u[dD][89a-fA-F]|\d{16}|\d[eE]/;
const INTEGER = /^(-?\d+)(?:\.0+)?$/;
/** The largest 64-bit integers, which generators of schemas write as "no bound": rounding them up changes no check. */
const NO_BOUND = new Set(['9223372036854775807', '18446744073709551615']);
const BOUNDS = new Set(['maximum', 'exclusiveMaximum']);
/** A field name that may be repeated in an error: too short for a key that was pasted into the wrong place. */
const NAMEABLE = /^[A-Za-z_]\w{0,23}$/;

const place = (name: string): string => (NAMEABLE.test(name) ? `in "${name}"` : 'in it');

function checkNumber(name: string, value: number, source: string): void {
  if (!Number.isFinite(value)) {
    throw new AppError('invalid_input', `The body has a number ${place(name)} that is too large.`);
  }
  const [, integer] = INTEGER.exec(source) ?? [];
  if (integer === undefined || Number.isSafeInteger(value)) return;
  if (BigInt(integer) === BigInt(value) || String(value) === integer) return; // written again it is the same
  if (BOUNDS.has(name) && NO_BOUND.has(integer)) return;
  throw new AppError(
    'invalid_input',
    `The body has an integer ${place(name)} that cannot be represented exactly. Send it as a string.`,
  );
}

/** The same object, its names well-formed. */
function named(value: object): object {
  const entries = Object.entries(value);
  if (entries.every(([name]) => name.isWellFormed())) return value;
  const fields = Object.fromEntries(entries.map(([name, one]) => [name.toWellFormed(), one]));
  if (Object.keys(fields).length === entries.length) return fields;
  throw new AppError('invalid_input', 'The body names a field twice.');
}

/** Since Node 21 a reviver is told how a primitive was written. */
type Written = { readonly source?: string };

function checked(values: JsonValues) {
  return (name: string, value: unknown, { source = '' }: Written = {}): unknown => {
    if (typeof value === 'string') return value.toWellFormed();
    if (typeof value === 'number' && values === 'exact') checkNumber(name, value, source);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? named(value) : value;
  };
}

/**
 * `exact`: text is made well-formed, an integer that cannot be kept is rejected. `rounded`: only the first, where numbers are
 * not handed on, as in a document of schemas. `unchecked`: for a caller that rejects or ignores what it does not like.
 */
export type JsonValues = 'exact' | 'rounded' | 'unchecked';

/**
 * JSON.parse, with all text well-formed (half a surrogate pair becomes U+FFFD) and every integer exactly as it was written.
 * @throws {SyntaxError} as JSON.parse does
 * @throws {AppError} `invalid_input` for a number that cannot be kept
 */
export function parseValues(text: string, values: JsonValues): unknown {
  const plain = values === 'unchecked' || !SUSPECT.test(text);
  return plain ? JSON.parse(text) : JSON.parse(text, checked(values));
}
