// DynamoDB's expressions, read only as far as IAM needs them: which top-level attributes, and which partition.

export type Names = Readonly<Record<string, string>>;

const KEYWORDS = new Set(['AND', 'OR', 'NOT', 'BETWEEN', 'IN', 'SET', 'REMOVE', 'ADD', 'DELETE']);
// A dot before it: a nested element. A bracket after it: a function. A colon: a value.
const WORD = /(\.\s*)?([#:]?)([A-Za-z_]\w*|(?<=[#:])\w+)(\s*\()?/g;

/** Top-level attribute names an expression mentions, `#placeholders` resolved. */
export function attributesIn(expression: string, names: Names): string[] {
  const found: string[] = [];
  for (const [, dot, sigil, word = '', bracket] of expression.matchAll(WORD)) {
    if (dot !== undefined || sigil === ':') continue;
    if (sigil === '#') found.push(names[`#${word}`] ?? `#${word}`);
    else if (bracket === undefined && !KEYWORDS.has(word.toUpperCase())) found.push(word);
  }
  return found;
}

const EQUALITY = /([#:]?\w+)\s*=\s*([#:]?\w+)/g;

/** The placeholder of the value that a key condition holds the partition key equal to. */
export function partitionPlaceholder(
  expression: string,
  partitionKey: string,
  names: Names,
): string | undefined {
  for (const [, left = '', right = ''] of expression.matchAll(EQUALITY)) {
    const [attribute, value] = left.startsWith(':') ? [right, left] : [left, right];
    if ((names[attribute] ?? attribute) === partitionKey) return value;
  }
  return undefined;
}
