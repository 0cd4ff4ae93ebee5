// Arithmetic as people write it, read by hand: nothing that a caller wrote is ever run.
import type { AppError } from '#shared/core/errors.ts';

import {
  floor,
  fromDecimal,
  fromNumber,
  isLess,
  negated,
  power,
  product,
  quotient,
  type Rational,
  invalidExpression,
  rounded,
  squareRoot,
  sum,
  toNumber,
} from './rational.ts';

export const MAX_EXPRESSION = 500;
const MAX_DEPTH = 50;
const MAX_PLACES = 100;

const TOKEN =
  /\s*(?:(?<number>(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?)|(?<name>[a-z][a-z0-9]*)|(?<mark>[-+*/%^(),]))/iy;

type Token = {
  readonly kind: 'number' | 'name' | 'mark' | 'end';
  readonly text: string;
  /** Its place, counted from 1. */
  readonly at: number;
};
const END: Token = { kind: 'end', text: '', at: 0 };

function tokenize(expression: string): Token[] {
  const tokens: Token[] = [];
  const text = expression.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const { number, name, mark } = TOKEN.exec(text)?.groups ?? {};
    const place = { at: at + 1 };
    if (number !== undefined) tokens.push({ kind: 'number', text: number, ...place });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name.toLowerCase(), ...place });
    else if (mark !== undefined) tokens.push({ kind: 'mark', text: mark, ...place });
    else throw invalidExpression(`Not understood at character ${at + 1}.`);
  }
  return tokens;
}

const CONSTANTS = new Map([
  ['pi', fromDecimal('3.14159265358979323846264338327950288', false)],
  ['e', fromDecimal('2.71828182845904523536028747135266250', false)],
]);

const byNumber =
  (work: (value: number) => number) =>
  ([value]: readonly [Rational, ...Rational[]]) =>
    fromNumber(work(toNumber(value)));

function roundTo([value, places]: readonly [Rational, ...Rational[]]): Rational {
  const count = places ? toNumber(places) : 0;
  if (!Number.isInteger(count) || count < 0 || count > MAX_PLACES) {
    throw invalidExpression(`round takes 0 to ${MAX_PLACES} places.`);
  }
  return rounded(value, count);
}

type Work = (values: readonly [Rational, ...Rational[]]) => Rational;

/** Name → fewest and most arguments, and the work. */
const FUNCTIONS = new Map<string, readonly [number, number, Work]>([
  ['abs', [1, 1, ([value]) => (value.n < 0n ? negated(value) : value)]],
  ['floor', [1, 1, ([value]) => floor(value)]],
  ['ceil', [1, 1, ([value]) => negated(floor(negated(value)))]],
  ['round', [1, 2, roundTo]],
  ['min', [1, 100, (values) => values.reduce((least, value) => (isLess(value, least) ? value : least))]],
  ['max', [1, 100, (values) => values.reduce((most, value) => (isLess(most, value) ? value : most))]],
  ['sqrt', [1, 1, ([value]) => squareRoot(value)]],
  ['ln', [1, 1, byNumber(Math.log)]],
  ['log10', [1, 1, byNumber(Math.log10)]],
  ['exp', [1, 1, byNumber(Math.exp)]],
  ['sin', [1, 1, byNumber(Math.sin)]],
  ['cos', [1, 1, byNumber(Math.cos)]],
  ['tan', [1, 1, byNumber(Math.tan)]],
]);
export const FUNCTION_NAMES = [...FUNCTIONS.keys()];

const remainder = (a: Rational, b: Rational) => sum(a, negated(product(b, floor(quotient(a, b)))));

type Reader = {
  readonly next: () => Token;
  /** Steps over the next mark, if it is one of these. */
  readonly takes: (...marks: string[]) => string | undefined;
  readonly step: () => void;
  readonly unexpected: () => AppError;
  /** Parentheses and powers may stand in one another, but not endlessly. */
  readonly inside: (work: () => Rational) => Rational;
};

function readerOf(tokens: readonly Token[]): Reader {
  let at = 0;
  let depth = 0;
  const next = (): Token => tokens[at] ?? END;
  const step = () => void (at += 1);
  return {
    next,
    step,
    takes(...marks) {
      const { kind, text } = next();
      if (kind !== 'mark' || !marks.includes(text)) return undefined;
      step();
      return text;
    },
    unexpected: () =>
      invalidExpression(
        next() === END ? 'The expression ends too early.' : `Not understood at character ${next().at}.`,
      ),
    inside(work) {
      depth += 1;
      if (depth > MAX_DEPTH) throw invalidExpression('The expression is nested too deeply.');
      const value = work();
      depth -= 1;
      return value;
    },
  };
}

function addition(read: Reader): Rational {
  let value = multiplication(read);
  for (let mark = read.takes('+', '-'); mark; mark = read.takes('+', '-')) {
    const right = multiplication(read);
    value = sum(value, mark === '+' ? right : negated(right));
  }
  return value;
}

function multiplication(read: Reader): Rational {
  let value = signed(read);
  for (let mark = read.takes('*', '/', '%'); mark; mark = read.takes('*', '/', '%')) {
    const right = signed(read);
    if (mark === '*') value = product(value, right);
    else value = mark === '/' ? quotient(value, right) : remainder(value, right);
  }
  return value;
}

function signed(read: Reader): Rational {
  let negative = false;
  for (let mark = read.takes('+', '-'); mark; mark = read.takes('+', '-'))
    negative = negative !== (mark === '-');
  const value = raised(read);
  return negative ? negated(value) : value;
}

/** To the right first, and before the sign: -2^2 is -4, 2^3^2 is 512. */
function raised(read: Reader): Rational {
  const base = single(read);
  if (read.takes('^') === undefined) return base;
  return power(
    base,
    read.inside(() => signed(read)),
  );
}

function single(read: Reader): Rational {
  if (read.takes('(') !== undefined) {
    const value = read.inside(() => addition(read));
    if (read.takes(')') === undefined) throw read.unexpected();
    return value;
  }
  const { kind, text } = read.next();
  if (kind !== 'number' && kind !== 'name') throw read.unexpected();
  read.step();
  return kind === 'number' ? fromDecimal(text) : named(text, read);
}

function named(name: string, read: Reader): Rational {
  const constant = CONSTANTS.get(name);
  if (constant) return constant;
  const known = FUNCTIONS.get(name);
  if (!known) throw invalidExpression(`Unknown name. Known are: pi, e, ${FUNCTION_NAMES.join(', ')}.`);
  const [fewest, most, work] = known;
  if (read.takes('(') === undefined) throw read.unexpected();
  const values: [Rational, ...Rational[]] = [read.inside(() => addition(read))];
  while (read.takes(',') !== undefined) values.push(read.inside(() => addition(read)));
  if (read.takes(')') === undefined) throw read.unexpected();
  if (values.length < fewest || values.length > most)
    throw invalidExpression(`${name} takes other arguments.`);
  return work(values);
}

/**
 * The value of an expression.
 * @throws {AppError} `invalid_input` for what cannot be read, has no value, or grows beyond the bounds; never quoting it
 */
export function evaluate(expression: string): Rational {
  const read = readerOf(tokenize(expression));
  const value = addition(read);
  if (read.next() !== END) throw read.unexpected();
  return value;
}
