// JSON responses with exact numbers: integers beyond 2^53 keep their text (RFC 8259, section 6). Requests with such
// numbers are rejected instead, see json-values.ts.

type Source = { readonly source?: string };
type ExactJson = {
  readonly parse: (
    text: string,
    reviver: (name: string, value: unknown, context: Source) => unknown,
  ) => unknown;
  readonly rawJSON: (text: string) => unknown;
  readonly isRawJSON: (value: unknown) => boolean;
};
/** Available in Node 24, missing in its type declarations. */
const exact = JSON as unknown as ExactJson;

/** Number that a double may not represent: a long one, or one with an exponent. */
const SUSPECT = /\d{16}|\d[eE]/;

const isLossy = (value: unknown, source: string) =>
  typeof value === 'number' &&
  !(Number.isFinite(value) && (Number.isSafeInteger(value) || !/^-?\d+$/.test(source)));

/**
 * Parses JSON; a number that a double cannot represent is kept as its text, which `JSON.stringify` writes unchanged.
 */
export const parseExact = (text: string): unknown =>
  SUSPECT.test(text)
    ? exact.parse(text, (_name, value, { source = '' }) =>
        isLossy(value, source) ? exact.rawJSON(source) : value,
      )
    : JSON.parse(text);

/** True for a number that is kept as its text. */
export const isExactNumber = (value: unknown): value is { readonly rawJSON: string } =>
  exact.isRawJSON(value);
