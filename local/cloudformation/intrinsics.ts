// CloudFormation's intrinsic functions, as a value resolver over one stack's scope.
export type Scope = {
  /** Parameter, resource or pseudo parameter. */
  readonly ref: (name: string) => unknown;
  readonly attribute: (logicalId: string, attribute: string) => unknown;
  readonly condition: (name: string) => boolean;
  readonly importValue: (name: string) => unknown;
};

/** Value of `Ref: AWS::NoValue`: the property or list entry that contains it is removed. */
const NO_VALUE = Symbol('AWS::NoValue');

/** Replaces every intrinsic function in `value` by its result. @throws on an unsupported intrinsic. */
export function resolve(value: unknown, scope: Scope): unknown {
  if (typeof value === 'string') return withoutDynamicReference(value);
  if (Array.isArray(value))
    return value.map((item) => resolve(item, scope)).filter((item) => item !== NO_VALUE);
  if (!isObject(value)) return value;
  const intrinsic = asIntrinsic(value);
  if (intrinsic) return call(intrinsic.name, intrinsic.argument, scope);
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, item]) => [key, resolve(item, scope)] as const)
      .filter(([, item]) => item !== NO_VALUE),
  );
}

/** Logical ids and parameter names a value refers to. */
export function referencesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (!isObject(value)) return [];
  const intrinsic = asIntrinsic(value);
  if (intrinsic?.name === 'Ref') return [String(intrinsic.argument)];
  if (intrinsic?.name === 'Fn::GetAtt') return [attributePath(intrinsic.argument)[0]];
  return Object.values(value).flatMap(referencesIn);
}

/** A template's `Conditions` entry, or the argument of `Fn::Not`. */
export function holds(condition: unknown, scope: Scope): boolean {
  if (!isObject(condition)) throw new Error(`'${JSON.stringify(condition)}' is not a condition.`);
  const [name = 'Nothing', argument] = Object.entries(condition)[0] ?? [];
  const list = Array.isArray(argument) ? argument : [];
  switch (name) {
    case 'Condition':
      return scope.condition(String(argument));
    case 'Fn::Equals':
      return text(resolve(list[0], scope)) === text(resolve(list[1], scope));
    case 'Fn::Not':
      return !holds(list[0], scope);
    default:
      throw new Error(`${name} is not supported in a condition.`);
  }
}

type Intrinsic = (argument: unknown, scope: Scope) => unknown;

const intrinsics: Readonly<Record<string, Intrinsic>> = {
  Ref: (argument, scope) => (argument === 'AWS::NoValue' ? NO_VALUE : scope.ref(String(argument))),
  'Fn::GetAtt': (argument, scope) => scope.attribute(...attributePath(argument)),
  'Fn::Join': (argument, scope) => {
    const [separator, items] = pair(argument);
    return asList(resolve(items, scope)).map(text).join(text(separator));
  },
  'Fn::Select': (argument, scope) => {
    const [index, items] = pair(resolve(argument, scope));
    const list = asList(items);
    const at = Number(index);
    if (!(at in list))
      throw new Error(`Fn::Select index ${at} is out of range: the list has ${list.length} items.`);
    return list[at];
  },
  'Fn::Split': (argument, scope) => {
    const [separator, value] = pair(argument);
    return text(resolve(value, scope)).split(text(separator));
  },
  'Fn::If': (argument, scope) => {
    const [condition, then, otherwise] = asList(argument);
    return resolve(scope.condition(text(condition)) ? then : otherwise, scope);
  },
  'Fn::ImportValue': (argument, scope) => scope.importValue(text(resolve(argument, scope))),
};

function call(name: string, argument: unknown, scope: Scope): unknown {
  const intrinsic = intrinsics[name];
  if (!intrinsic) throw new Error(`${name} is not supported by the local stack.`);
  return intrinsic(argument, scope);
}

function asIntrinsic(value: Record<string, unknown>): { name: string; argument: unknown } | undefined {
  const name = Object.keys(value).find((key) => key === 'Ref' || key.startsWith('Fn::'));
  if (name === undefined) return undefined;
  if (Object.keys(value).length > 1) throw new Error(`${name} must stand alone in its object.`);
  return { name, argument: value[name] };
}

function attributePath(argument: unknown): [logicalId: string, attribute: string] {
  const [logicalId = '', ...attribute] = Array.isArray(argument)
    ? argument.map(text)
    : text(argument).split('.');
  return [logicalId, attribute.join('.')];
}

function withoutDynamicReference(value: string): string {
  const [reference] = /\{\{resolve:[^}]*\}\}/.exec(value) ?? [];
  if (reference) throw new Error(`The dynamic reference ${reference} is not supported by the local stack.`);
  return value;
}

function pair(argument: unknown): [unknown, unknown] {
  const list = asList(argument);
  return [list[0], list[1]];
}

function asList(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new Error(`A list was expected, not ${JSON.stringify(value)}.`);
  return value;
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new Error(`A string was expected, not ${JSON.stringify(value) ?? String(value)}.`);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
