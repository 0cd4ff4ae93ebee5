// EventBridge event patterns, compiled once: exact values, `{exists: false}` and `{'anything-but': [values]}`. Any other operator
// fails the start instead of an event.

export type Matcher = (event: unknown) => boolean;

type Leaf = string | number | boolean | null;

/** @throws on a content operator that the local stack does not support (`prefix`, `numeric`, …), and on an invalid shape. */
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
  const tests = rule.map((item) => itemTest(item, path));
  return (event) => {
    const leaves = collectLeaves(event);
    return tests.some((test) => test(leaves));
  };
}

/** One item of a list: it holds for a field with these values, none if it is absent. */
function itemTest(item: unknown, path: string): (leaves: readonly Leaf[]) => boolean {
  if (isLeaf(item)) return (leaves) => leaves.includes(item);
  const operators = Object.entries(isObject(item) ? item : {});
  const [operator, argument] = operators.length === 1 ? (operators[0] ?? []) : [];
  if (operator === 'exists' && argument === false) return (leaves) => leaves.length === 0;
  if (operator === 'anything-but' && Array.isArray(argument) && argument.every(isLeaf)) {
    return (leaves) => leaves.some((leaf) => !argument.includes(leaf));
  }
  throw new Error(`Event pattern ${path}: ${JSON.stringify(item)} is not supported.`);
}

function collectLeaves(value: unknown): Leaf[] {
  if (Array.isArray(value)) return value.flatMap(collectLeaves);
  return isLeaf(value) ? [value] : [];
}

const isLeaf = (value: unknown): value is Leaf =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
