// Masking of personal data and secrets before they are stored; the only place for it.
import { maskKeyShapes } from '#shared/core/key-shapes.ts';

const RULES: readonly (readonly [RegExp, string])[] = [
  [/[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+/g, '[e-mail]'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}\b/g, '[address]'],
  [/\b[A-Za-z0-9+/_-]{40,}={0,2}/g, '[opaque]'],
];

const MAX_LENGTH = 200;

/** Text that may be stored: secrets and personal data replaced, control characters removed, at most 200 characters. */
export function mask(text: string): string {
  const clean = text.slice(0, 4 * MAX_LENGTH).replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ');
  const masked = RULES.reduce(
    (before, [pattern, label]) => before.replaceAll(pattern, label),
    maskKeyShapes(clean),
  );
  return masked.slice(0, MAX_LENGTH).toWellFormed(); // a cut may split a surrogate pair, which no store accepts
}
