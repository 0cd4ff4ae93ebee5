// Access to parsed JSON of unknown shape.
export type Json = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const asObject = (value: unknown): Json => (isObject(value) ? value : {});
export const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const asText = (value: unknown): string => (typeof value === 'string' ? value : '');

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** First key of `value` outside `allowed`. */
export const unknownKey = (value: Json, allowed: ReadonlySet<string>): string | undefined =>
  Object.keys(value).find((key) => !allowed.has(key));

export const keySet = (names: string): ReadonlySet<string> => new Set(names.split(' '));

/** True for a present number outside the range; `null` counts as absent. */
export const isOutside = (value: unknown, [low, high]: readonly [number, number]): boolean =>
  value !== undefined && value !== null && !(typeof value === 'number' && value >= low && value <= high);

/** The reason why a value is rejected, false or undefined if it is not. */
export type Rule<Value, Problem = string> = (value: Value) => Problem | false | undefined;

export function firstProblem<Value, Problem>(
  rules: readonly Rule<Value, Problem>[],
  value: Value,
): Problem | undefined {
  for (const rule of rules) {
    const problem = rule(value);
    if (problem !== undefined && problem !== false) return problem;
  }
  return undefined;
}

/** Applies the rules to each item in turn. */
export const firstProblemIn = <Value, Problem>(
  rules: readonly Rule<Value, Problem>[],
  values: readonly Value[],
): Problem | undefined =>
  firstProblem<readonly Value[], Problem>(
    values.map((value) => () => firstProblem(rules, value)),
    values,
  );

export const isPresent = (value: unknown): boolean => value !== undefined && value !== null;
