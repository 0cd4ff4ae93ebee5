// Exact fractions: 0.1 + 0.2 is 0.3. Bounded, for an expression of a few characters can name a number of a million digits.
import { AppError } from '#shared/core/errors.ts';

/** `n / d`, in lowest terms, `d` positive. `exact` is false after a root, a logarithm and the like. */
export type Rational = { readonly n: bigint; readonly d: bigint; readonly exact: boolean };

/** 1,233 decimal digits. */
const MAX_BITS = 4096;
/** Decimal places of a result whose decimal form does not terminate. */
const PLACES = 30;

export const invalidExpression = (message: string) => new AppError('invalid_input', message);

const abs = (value: bigint): bigint => (value < 0n ? -value : value);
const bits = (value: bigint): number => abs(value).toString(16).length * 4;

function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [abs(a), abs(b)];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

/** @throws {AppError} `invalid_input` for a division by zero and for numbers that are too large */
function rational(n: bigint, d: bigint, exact = true): Rational {
  if (d === 0n) throw invalidExpression('Division by zero.');
  if (bits(n) > 2 * MAX_BITS || bits(d) > 2 * MAX_BITS)
    throw invalidExpression('The numbers become too large.');
  const shared = gcd(n, d) * (d < 0n ? -1n : 1n);
  const made = { n: n / shared, d: d / shared, exact };
  if (bits(made.n) > MAX_BITS || bits(made.d) > MAX_BITS)
    throw invalidExpression('The numbers become too large.');
  return made;
}

/** @param text digits, perhaps with a point and an exponent of at most three digits */
export function fromDecimal(text: string, exact = true): Rational {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const [integer = '', fraction = ''] = mantissa.split('.');
  const shift = Number(exponent) - fraction.length;
  const digits = BigInt(`${integer}${fraction}`);
  return shift < 0
    ? rational(digits, 10n ** BigInt(-shift), exact)
    : rational(digits * 10n ** BigInt(shift), 1n, exact);
}

export function fromNumber(value: number): Rational {
  if (!Number.isFinite(value)) throw invalidExpression('This has no value.');
  const made = fromDecimal(Math.abs(value).toExponential(14), false);
  return value < 0 ? negated(made) : made;
}

export const toNumber = ({ n, d }: Rational): number => Number(decimal({ n, d, exact: true }, 40));

const both = (a: Rational, b: Rational) => a.exact && b.exact;
export const negated = ({ n, d, exact }: Rational): Rational => ({ n: -n, d, exact });
export const sum = (a: Rational, b: Rational) => rational(a.n * b.d + b.n * a.d, a.d * b.d, both(a, b));
export const product = (a: Rational, b: Rational) => rational(a.n * b.n, a.d * b.d, both(a, b));
export const quotient = (a: Rational, b: Rational) => rational(a.n * b.d, a.d * b.n, both(a, b));
export const isLess = (a: Rational, b: Rational): boolean => a.n * b.d < b.n * a.d;

export function floor({ n, d, exact }: Rational): Rational {
  const cut = n / d;
  return { n: n < 0n && cut * d !== n ? cut - 1n : cut, d: 1n, exact };
}

/** Halves go away from zero. @param places after the point */
export function rounded(value: Rational, places: number): Rational {
  const scale = 10n ** BigInt(places);
  const up = floor(sum(product({ ...value, n: abs(value.n) }, rational(scale, 1n)), rational(1n, 2n)));
  return rational(value.n < 0n ? -up.n : up.n, scale, value.exact);
}

/** One, zero and minus one stay small, whatever the power. */
const isUnit = ({ n, d }: Rational): boolean => d === 1n && abs(n) <= 1n;

function wholePower(base: Rational, times: bigint): Rational {
  if (isUnit(base)) return rational(base.n ** (times === 0n ? 0n : 2n - (times % 2n)), 1n, base.exact);
  const size = Math.max(bits(base.n), bits(base.d)) - 4;
  if (times > 100_000n || size * Number(times) > MAX_BITS)
    throw invalidExpression('The numbers become too large.');
  return rational(base.n ** times, base.d ** times, base.exact);
}

export function power(base: Rational, exponent: Rational): Rational {
  if (exponent.d !== 1n) return fromNumber(toNumber(base) ** toNumber(exponent));
  const raised = wholePower(base, abs(exponent.n));
  const exact = both(base, exponent);
  return exponent.n < 0n ? rational(raised.d, raised.n, exact) : { ...raised, exact };
}

/** Newton's way, on integers. */
function rootOf(value: bigint): bigint {
  if (value < 2n) return value;
  let guess = 1n << BigInt(Math.ceil(value.toString(2).length / 2));
  for (;;) {
    const better = (guess + value / guess) / 2n;
    if (better >= guess) return guess;
    guess = better;
  }
}

export function squareRoot(value: Rational): Rational {
  if (value.n < 0n) throw invalidExpression('A negative number has no square root here.');
  const [n, d] = [rootOf(value.n), rootOf(value.d)];
  if (n * n === value.n && d * d === value.d) return rational(n, d, value.exact);
  const scale = 10n ** BigInt(PLACES + 2);
  return rational(rootOf((value.n * scale * scale) / value.d), scale, false);
}

/** Whether the decimal form terminates within `PLACES` places. */
const ends = ({ d }: Rational): boolean => 10n ** BigInt(PLACES) % d === 0n;

/** @returns the decimal form, and whether it is exact */
export const resultFields = (value: Rational): { result: string; exact: boolean } => ({
  result: decimal(value, PLACES),
  exact: value.exact && ends(value),
});

function decimal(value: Rational, places: number): string {
  const n = scaledUp(value, places);
  const digits = abs(n)
    .toString()
    .padStart(places + 1, '0');
  const fraction = digits.slice(-places).replace(/0+$/, '');
  return `${n < 0n ? '-' : ''}${digits.slice(0, -places)}${fraction && `.${fraction}`}`;
}

/** The value times ten to the places, as a whole number. Not bounded: it is only written down. */
function scaledUp({ n, d }: Rational, places: number): bigint {
  const up = (2n * abs(n) * 10n ** BigInt(places) + d) / (2n * d);
  return n < 0n ? -up : up;
}
