// EventBridge event patterns, compiled once: an unsupported operator fails the start instead of an event.
import { BlockList, isIP } from 'node:net';

export type Matcher = (event: unknown) => boolean;

type Test = (leaf: Leaf) => boolean;
type Leaf = string | number | boolean | null;

/** @throws on an operator or shape that EventBridge does not document or the local stack does not support. */
export function compilePattern(pattern: unknown): Matcher {
  if (!isObject(pattern) || Object.keys(pattern).length === 0)
    throw new Error('An event pattern must be an object with at least one field.');
  return object(pattern, '');
}

function object(pattern: Record<string, unknown>, path: string): Matcher {
  const fields = Object.entries(pattern).map(([name, rule]): Matcher => {
    if (name === '$or') return either(rule, path);
    const matcher = field(rule, `${path}/${name}`);
    return (event) => matcher(isObject(event) ? event[name] : undefined);
  });
  const one: Matcher = (event) => fields.every((matches) => matches(event));
  // All fields of one object must match the same item of an array.
  return (event) => (Array.isArray(event) ? event.flat(Infinity).some(one) : one(event));
}

function field(rule: unknown, path: string): Matcher {
  if (isObject(rule)) return object(rule, path);
  if (!Array.isArray(rule) || rule.length === 0)
    throw new Error(`Event pattern ${path} must be an object or a list with at least one item.`);
  const absent = rule.some((item) => isObject(item) && item.exists === false);
  const tests = rule.map((item) => leafTest(item, path));
  return (event) => {
    const leaves = collectLeaves(event);
    return leaves.length === 0 ? absent : leaves.some((leaf) => tests.some((test) => test(leaf)));
  };
}

function either(rule: unknown, path: string): Matcher {
  if (!Array.isArray(rule) || rule.length < 2)
    throw new Error(`Event pattern ${path}/$or must list at least two patterns.`);
  const options = rule.map((option) => {
    if (!isObject(option)) throw new Error(`Event pattern ${path}/$or must list objects.`);
    return object(option, path);
  });
  return (event) => options.some((matches) => matches(event));
}

function leafTest(rule: unknown, path: string): Test {
  if (isLeaf(rule)) return (leaf) => leaf === rule;
  const [[name, argument] = ['', undefined], ...others] = Object.entries(isObject(rule) ? rule : {});
  const operator = operators[name];
  if (!operator || others.length > 0)
    throw new Error(`Event pattern ${path}: ${JSON.stringify(rule)} is not known.`);
  const test = operator(argument, path);
  if (!test) throw new Error(`Event pattern ${path}: ${JSON.stringify(rule)} is not valid.`);
  return test;
}

/** Returns undefined when the argument has the wrong shape. */
type Operator = (argument: unknown, path: string) => Test | undefined;

const operators: Readonly<Record<string, Operator>> = {
  exists: (argument) => (typeof argument === 'boolean' ? () => argument : undefined),
  prefix: affix((text, part) => text.startsWith(part)),
  suffix: affix((text, part) => text.endsWith(part)),
  'equals-ignore-case': (argument) =>
    onText(argument, (text, other) => text.toLowerCase() === other.toLowerCase()),
  wildcard: (argument) => (typeof argument === 'string' ? wildcard(argument) : undefined),
  numeric,
  cidr,
  'anything-but': anythingBut,
};

function affix(has: (text: string, part: string) => boolean): Operator {
  return (argument) => {
    const folded = isObject(argument) ? argument['equals-ignore-case'] : undefined;
    if (folded === undefined) return onText(argument, has);
    return onText(folded, (text, part) => has(text.toLowerCase(), part.toLowerCase()));
  };
}

function anythingBut(argument: unknown, path: string): Test | undefined {
  if (!isObject(argument)) {
    const refused = [argument].flat();
    if (refused.length === 0 || !refused.every(isLeaf)) return undefined;
    return (leaf) => !refused.includes(leaf);
  }
  const [[name, inner] = ['', undefined], ...others] = Object.entries(argument);
  const allowed =
    ['prefix', 'suffix', 'equals-ignore-case', 'wildcard'].includes(name) && others.length === 0;
  const items = [inner].flat();
  if (!allowed || items.length === 0) return undefined;
  const tests = items.map((item) => leafTest({ [name]: item }, path));
  return (leaf) => !tests.some((test) => test(leaf));
}

const comparisons: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '=': (a, b) => a === b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

function numeric(argument: unknown): Test | undefined {
  if (!Array.isArray(argument) || ![2, 4].includes(argument.length)) return undefined;
  const bounds: Test[] = [];
  for (let at = 0; at < argument.length; at += 2) {
    const compare = comparisons[String(argument[at])];
    const bound: unknown = argument[at + 1];
    if (!compare || typeof bound !== 'number') return undefined;
    bounds.push((leaf) => typeof leaf === 'number' && compare(leaf, bound));
  }
  return (leaf) => bounds.every((test) => test(leaf));
}

function cidr(argument: unknown): Test | undefined {
  const [address = '', bits = ''] = typeof argument === 'string' ? argument.split('/') : [];
  const family = isIP(address);
  if (family === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128)) return undefined;
  const network = new BlockList();
  network.addSubnet(address, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
  return (leaf) => {
    const own = typeof leaf === 'string' ? isIP(leaf) : 0;
    return own === family && network.check(String(leaf), family === 4 ? 'ipv4' : 'ipv6');
  };
}

/** `*` stands for any run of characters, `\*` and `\\` for themselves. Linear: no pattern can make it slow. */
function wildcard(pattern: string): Test | undefined {
  if (/(?<!\\)(?:\\\\)*\*\*/.test(pattern)) return undefined;
  const parts = [''];
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern.charAt(at);
    if (character === '*') parts.push('');
    else parts[parts.length - 1] += character === '\\' ? pattern.charAt(++at) : character;
  }
  const [head = '', ...rest] = parts;
  const tail = rest.pop();
  if (tail === undefined) return (leaf) => leaf === head;
  return (leaf) => {
    if (typeof leaf !== 'string' || !leaf.startsWith(head) || leaf.length < head.length + tail.length)
      return false;
    let from = head.length;
    for (const part of rest) {
      const found = leaf.indexOf(part, from);
      if (found < 0) return false;
      from = found + part.length;
    }
    return leaf.length - tail.length >= from && leaf.endsWith(tail);
  };
}

const onText = (argument: unknown, matches: (text: string, argument: string) => boolean): Test | undefined =>
  typeof argument === 'string' ? (leaf) => typeof leaf === 'string' && matches(leaf, argument) : undefined;

function collectLeaves(value: unknown): Leaf[] {
  if (Array.isArray(value)) return value.flatMap(collectLeaves);
  return isLeaf(value) ? [value] : [];
}

const isLeaf = (value: unknown): value is Leaf =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
