// The `Condition` block of a policy statement. An unsupported operator throws when the policy is loaded.
import { matchesAny } from './wildcard.ts';

/** Values of the request's context keys. A key that the request lacks is absent, not empty. */
export type Context = Readonly<Record<string, string | readonly string[]>>;
export type Condition = (context: ReadonlyMap<string, readonly string[]>) => boolean;

type Values = readonly string[];
/** `negated` operators hold for an absent key, and must hold against every value of the policy. */
type Operator = {
  readonly negated: boolean;
  readonly compile: (wanted: Values) => (value: string) => boolean;
};

const equals = (wanted: Values) => (value: string) => wanted.includes(value);
const ignoringCase = (wanted: Values) => {
  const lower = wanted.map((each) => each.toLowerCase());
  return (value: string) => lower.includes(value.toLowerCase());
};

/** ARNs compare part by part, so that a `*` in the account never swallows the resource. */
const arn = (wanted: Values) => {
  const patterns = wanted.map((each) => splitArn(each).map((part) => matchesAny([part])));
  return (value: string) => {
    const parts = splitArn(value);
    return patterns.some(
      (pattern) => pattern.length === parts.length && pattern.every((test, at) => test(parts[at] ?? '')),
    );
  };
};
const splitArn = (value: string) => {
  const parts = value.split(':');
  return [...parts.slice(0, 5), parts.slice(5).join(':')];
};

const is = (compile: Operator['compile']): Operator => ({ negated: false, compile });
const isNot = (compile: Operator['compile']): Operator => ({ negated: true, compile });

const OPERATORS: Readonly<Record<string, Operator>> = {
  StringEquals: is(equals),
  StringNotEquals: isNot(equals),
  StringLike: is((wanted) => matchesAny(wanted)),
  StringNotLike: isNot((wanted) => matchesAny(wanted)),
  ArnEquals: is(arn),
  ArnLike: is(arn),
  Bool: is(ignoringCase),
};

/** Keys of a context fold case, as IAM's condition keys do. */
export function foldContext(context: Context): ReadonlyMap<string, readonly string[]> {
  return new Map(Object.entries(context).map(([key, value]) => [key.toLowerCase(), [value].flat()]));
}

/** Every operator and every key of the block must hold. */
export function compileConditions(
  block: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): Condition {
  const tests = Object.entries(block).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, wanted]) => compileOne(operator, key, [wanted].flat().map(String))),
  );
  return (context) => tests.every((test) => test(context));
}

function compileOne(operator: string, key: string, wanted: Values): Condition {
  const name = key.toLowerCase();
  if (operator === 'Null') {
    const absent = wanted.some((each) => each.toLowerCase() === 'true');
    return (context) => context.has(name) !== absent;
  }
  const [, set, base = '', ifExists] =
    /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(operator) ?? [];
  const known = OPERATORS[base];
  if (!known) throw new Error(`IAM condition operator ${operator} is not supported by the local stack`);
  const matches = known.compile(wanted);
  const holds = known.negated ? (value: string) => !matches(value) : matches;
  return (context) => {
    const values = context.get(name);
    if (set === 'ForAllValues') return (values ?? []).every(holds);
    if (set === 'ForAnyValue') return (values ?? []).some(holds);
    if (values === undefined) return known.negated || ifExists !== undefined;
    return known.negated ? values.every(holds) : values.some(holds);
  };
}
