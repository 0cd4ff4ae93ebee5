// EventBridge event patterns with exact values, compiled once: an operator fails the start instead of an event.

export type Matcher = (event: unknown) => boolean;

type Leaf = string | number | boolean | null;

/** @throws on a content operator (`prefix`, `exists`, …), which the local stack does not support, and on an invalid shape. */
export function compilePattern(pattern: unknown): Matcher {
  if (!isObject(pattern) || Object.keys(pattern).length === 0)
    throw new Error('An event pattern must be an object with at least one field.');
  return object(pattern, '');
}

function object(pattern: Record<string, unknown>, path: string): Matcher {
  const fields = Object.entries(pattern).map(([name, rule]): Matcher => {
    if (name.startsWith('$')) throw new Error(`Event pattern ${path}/${name}: ${name} is not supported.`);
    const matcher = field(rule, `${path}/${name}`);
    return (event) => matcher(isObject(event) ? event[name] : undefined);
  });
  const matchesItem: Matcher = (event) => fields.every((matches) => matches(event));
  // All fields of one object must match the same item of an array.
  return (event) => (Array.isArray(event) ? event.flat(Infinity).some(matchesItem) : matchesItem(event));
}

function field(rule: unknown, path: string): Matcher {
  if (isObject(rule)) return object(rule, path);
  if (!Array.isArray(rule) || rule.length === 0)
    throw new Error(`Event pattern ${path} must be an object or a list with at least one item.`);
  const unsupported = rule.find((item) => !isLeaf(item));
  if (unsupported !== undefined)
    throw new Error(`Event pattern ${path}: ${JSON.stringify(unsupported)} is not supported.`);
  return (event) => collectLeaves(event).some((leaf) => rule.includes(leaf));
}

function collectLeaves(value: unknown): Leaf[] {
  if (Array.isArray(value)) return value.flatMap(collectLeaves);
  return isLeaf(value) ? [value] : [];
}

const isLeaf = (value: unknown): value is Leaf =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
