// Wildcards in ARNs, as resource policies use them.

const escape = (text: string): string => text.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`);

/** `*` is any run of characters, `?` is one. */
export function matchesWildcard(pattern: string, text: string): boolean {
  const source = escape(pattern).replaceAll('*', '.*').replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}

const parts = (arn: string): string[] => {
  const pieces = arn.split(':');
  return [...pieces.slice(0, 5), pieces.slice(5).join(':')];
};

/** IAM's ArnLike: each of the six parts for itself, so that a `*` does not reach into the next one. */
export function arnLike(pattern: string, arn: string): boolean {
  const actual = parts(arn);
  return parts(pattern).every((part, index) => matchesWildcard(part, actual[index] ?? ''));
}
