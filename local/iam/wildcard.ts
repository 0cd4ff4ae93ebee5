// IAM's wildcards: `*` is any run of characters, `?` exactly one.

/** Compiles patterns to a predicate that is true if any matches. Policy variables are not supported. */
export function matchesAny(patterns: readonly string[], options: { ignoreCase?: boolean } = {}) {
  const tests = patterns.map((pattern) => one(pattern, options.ignoreCase === true));
  return (value: string): boolean => tests.some((test) => test(value));
}

function one(pattern: string, ignoreCase: boolean): (value: string) => boolean {
  if (pattern.includes('${')) throw new Error(`IAM policy variables are not supported here: ${pattern}`);
  if (pattern === '*') return () => true;
  if (!/[*?]/.test(pattern)) {
    return ignoreCase
      ? (value) => value.toLowerCase() === pattern.toLowerCase()
      : (value) => value === pattern;
  }
  const literal = pattern.replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  const source = literal.replaceAll('*', '.*').replaceAll('?', '.');
  const expression = new RegExp(`^${source}$`, ignoreCase ? 'is' : 's');
  return (value) => expression.test(value);
}
