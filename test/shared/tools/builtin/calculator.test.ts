import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { AppError } from '#shared/core/errors.ts';
import { evaluate } from '#shared/tools/builtin/calculator.ts';
import { resultFields } from '#shared/tools/builtin/rational.ts';

const calc = (expression: string) => resultFields(evaluate(expression)).result;

const ending = (text: string): string => {
  try {
    return calc(text);
  } catch (error) {
    return error instanceof AppError ? error.code : 'crash';
  }
};

describe('the calculator', () => {
  it.each([
    ['0.1 + 0.2', '0.3'],
    ['-2^2', '-4'],
    ['2^3^2', '512'],
    ['2^-2', '0.25'],
    ['(1+2)*3 - 4/8', '8.5'],
    ['7 % 3', '1'],
    ['-7 % 3', '2'],
    ['1e3 + .5', '1000.5'],
    ['round(2.5)', '3'],
    ['round(-2.5)', '-3'],
    ['round(1249.99 * 1.19, 2)', '1487.49'],
    ['floor(-0.5)', '-1'],
    ['ceil(0.2)', '1'],
    ['min(3, 1/2, 2) + max(1, 4)', '4.5'],
    ['sqrt(144)', '12'],
    ['sqrt(2)', '1.41421356237309504880168872421'],
    ['1/3', '0.333333333333333333333333333333'],
    ['10^100 - 1', '9'.repeat(100)],
    ['0^0', '1'],
    ['(-1)^1000001', '-1'],
    ['1^99999999999', '1'],
  ])('%s is %s', (expression, result) => {
    expect(calc(expression)).toBe(result);
  });

  it('tells what is rounded from what is exact', () => {
    expect(resultFields(evaluate('1/8')).exact).toBe(true);
    expect(resultFields(evaluate('1/3')).exact).toBe(false);
    expect(resultFields(evaluate('sqrt(2)^2')).exact).toBe(false);
    expect(Number(calc('ln(e)'))).toBeCloseTo(1, 12);
    expect(Number(calc('sin(pi / 2)'))).toBeCloseTo(1, 12);
    expect(calc('exp(0)')).toBe('1');
  });

  it.each([
    '',
    '1 +',
    '(1',
    '1)',
    '1 2',
    '1/0',
    '0^-1',
    '5 % 0',
    'sqrt(-1)',
    'ln(0)',
    'round(1, 0.5)',
    'round(1, 101)',
    'min()',
    'abs(1, 2)',
    'pi(1)',
    'constructor(1)',
    'process.exit()',
    '9^9^9',
    '10^2000',
    '(1/3)^99999',
    `${'('.repeat(60)}1${')'.repeat(60)}`,
    `${'2^'.repeat(60)}1`,
    '10 && 1',
    'exp(9999)',
  ])('rejects %s', (expression) => {
    expect(() => calc(expression)).toThrow(AppError);
  });

  it('quotes nothing of what it rejects: it may be a key in the wrong place', () => {
    for (const secret of ['sk-proj-1234567890', '1 + secret', 'abs(1) word', '$money']) {
      expect(() => calc(secret)).toThrow(/^(?!.*(?:proj|secret|word|money))/);
    }
  });

  it('is exact over decimals of any size', () => {
    const decimal = fc.tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.nat(12));
    fc.assert(
      fc.property(decimal, decimal, ([a, p], [b, q]) => {
        const [x, y] = [`(${a}/10^${p})`, `(${b}/10^${q})`];
        expect(calc(`${x} + ${y} - ${y} - ${x}`)).toBe('0');
        const divisor = b === 0n ? '1' : y;
        expect(calc(`${x} * ${divisor} / ${divisor} - ${x}`)).toBe('0');
        expect(calc(`${a} * ${b}`)).toBe(String(a * b));
      }),
    );
  });

  it('ends on any text, soon, with a number or a refusal', () => {
    const MARKS = ['1', '9', '0', '.', '(', ')', '+', '-', '*', '/', '%', '^', ',', 'e', ' '];
    const piece = fc.constantFrom(...MARKS, 'sqrt(', 'max(', 'pi', '9^9', '1e999');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 120 }), (pieces) => {
        expect(ending(pieces.join('').slice(0, 500))).toMatch(/^(?:-?\d+(?:\.\d+)?|invalid_input)$/);
      }),
      { numRuns: 500 },
    );
  });
});
