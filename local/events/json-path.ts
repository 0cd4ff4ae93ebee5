// The subset of JSONPath that EventBridge and Pipes accept: `$.a.b[0].c`, `$.a['b-c']`.
const STEP = /\.([^.[\]]+)|\[(\d+)\]|\['([^']+)'\]/gy;

/** Steps of a path. Throws on one outside the subset. */
export function parsePath(path: string): string[] {
  const steps: string[] = [];
  if (path[0] !== '$') throw new Error(`'${path}' is not a JSON path.`);
  STEP.lastIndex = 1;
  while (STEP.lastIndex < path.length) {
    const match = STEP.exec(path);
    if (!match) throw new Error(`'${path}' is not a JSON path that the local stack supports.`);
    steps.push(match[1] ?? match[2] ?? match[3] ?? '');
  }
  return steps;
}

/** The value at a path, `undefined` where there is none. */
export function valueAt(value: unknown, steps: readonly string[]): unknown {
  let current: unknown = value;
  for (const step of steps) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, step)) return undefined;
    current = (current as Record<string, unknown>)[step];
  }
  return current;
}
