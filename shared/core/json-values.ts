// Values that JSON.parse silently changes or accepts: rounded integers, infinite numbers, lone surrogates.
import { AppError } from './errors.ts';

/** Only a text with one of these can contain such a value; all others need no second check. */
const SUSPECT = /\\u[dD][89a-fA-F]|\d{16}|\d[eE]/;
const INTEGER = /^(-?\d+)(?:\.0+)?$/;
/** Largest 64-bit integers, which schema generators write for "no bound": rounding them up changes no check. */
const NO_BOUND = new Set(['9223372036854775807', '18446744073709551615']);
const BOUNDS = new Set(['maximum', 'exclusiveMaximum']);
/** Field name that may be quoted in an error: too short for a misplaced key. */
const NAMEABLE = /^[A-Za-z_]\w{0,23}$/;

const place = (name: string): string => (NAMEABLE.test(name) ? `in "${name}"` : 'in it');

function checkNumber(name: string, value: number, source: string): void {
  if (!Number.isFinite(value)) {
    throw new AppError('invalid_input', `The body has a number ${place(name)} that is too large.`);
  }
  const [, integer] = INTEGER.exec(source) ?? [];
  if (integer === undefined || Number.isSafeInteger(value)) return;
  if (BigInt(integer) === BigInt(value) || String(value) === integer) return; // exactly representable
  if (BOUNDS.has(name) && NO_BOUND.has(integer)) return;
  throw new AppError(
    'invalid_input',
    `The body has an integer ${place(name)} that cannot be represented exactly. Send it as a string.`,
  );
}

/** The same object with well-formed names. */
function named(value: object): object {
  const entries = Object.entries(value);
  if (entries.every(([name]) => name.isWellFormed())) return value;
  const fields = Object.fromEntries(entries.map(([name, one]) => [name.toWellFormed(), one]));
  if (Object.keys(fields).length === entries.length) return fields;
  throw new AppError('invalid_input', 'The body names a field twice.');
}

/** Since Node 21 a reviver receives the source text of a primitive. */
type Written = { readonly source?: string };

function checked(values: JsonValues) {
  return (name: string, value: unknown, { source = '' }: Written = {}): unknown => {
    if (typeof value === 'string') return value.toWellFormed();
    if (typeof value === 'number' && values === 'exact') checkNumber(name, value, source);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? named(value) : value;
  };
}

/**
 * `exact`: text is made well-formed, an inexact integer is rejected. `rounded`: only the former, for numbers that are
 * not passed on, as in a document of schemas. `unchecked`: for callers with checks of their own.
 */
export type JsonValues = 'exact' | 'rounded' | 'unchecked';

/**
 * JSON.parse with well-formed text (a lone surrogate becomes U+FFFD) and exact integers.
 * @throws {SyntaxError} as JSON.parse does
 * @throws {AppError} `invalid_input` for an inexact integer
 */
export function parseValues(text: string, values: JsonValues): unknown {
  const plain = values === 'unchecked' || !SUSPECT.test(text);
  return plain ? JSON.parse(text) : JSON.parse(text, checked(values));
}
