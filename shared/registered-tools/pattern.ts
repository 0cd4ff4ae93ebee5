// Patterns from outside run in our process: on an engine whose time grows with the text alone.
import { RE2JS } from 're2js';

const MAX_LENGTH = 512;

/** A named back reference, which the engine would take for the letter k. */
const NAMED = /\\k/;

function compiled(pattern: string): RE2JS | undefined {
  try {
    return pattern.length > MAX_LENGTH || NAMED.test(pattern)
      ? undefined
      : RE2JS.compile(RE2JS.translateRegExp(pattern));
  } catch {
    return undefined; // no `cause`: it quotes the pattern
  }
}

/** Whether the engine takes it: no looking ahead or behind, no back references, no repeats of thousands. */
export const isLinear = (pattern: string): boolean => compiled(pattern) !== undefined;

type Matcher = { readonly test: (text: string) => boolean; readonly toString: () => string };

function matcherFor(pattern: string): Matcher {
  const engine = compiled(pattern);
  if (!engine) throw new TypeError('A pattern that was not checked.');
  // By this name the validator keeps it: without one all patterns of a schema would become the first.
  return { test: (text) => engine.matcher(text).find(), toString: () => pattern };
}

/** In place of RegExp, for ajv. `code` is what standalone code would say; we compile none. */
export const linearPatterns = Object.assign((pattern: string) => matcherFor(pattern), {
  code: 'linearPatterns',
});
