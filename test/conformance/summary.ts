// Reads what the suite prints.

export type Summary = {
  /** Passed and all of the scenarios that count. */
  readonly score: string;
  /** Scenarios that passed, also of those that do not count. */
  readonly passed: ReadonlySet<string>;
  readonly text: string;
};

const SCENARIO = /^(✓|✗) ([a-z0-9-]+): \d+ passed/;

/** The server scenarios that a revision requires, from `list --server --requirements`. */
export function requiredIn(list: string): ReadonlySet<string> {
  const [required = ''] = list.split(/^(?:Client scenarios|Run and reported)/m);
  return new Set([...required.matchAll(/^ {2}- ([a-z0-9-]+)$/gm)].map(([, name = '']) => name));
}

/** @param required absent: every scenario that ran counts */
export function summaryOf(output: string, required?: ReadonlySet<string>): Summary {
  const text = output.slice(Math.max(0, output.lastIndexOf('=== SUMMARY ===')));
  const scenarios = text.split('\n').flatMap((line) => {
    const [, mark, name] = SCENARIO.exec(line) ?? [];
    return name === undefined ? [] : [{ name, passed: mark === '✓' }];
  });
  const passed = new Set(scenarios.filter((scenario) => scenario.passed).map(({ name }) => name));
  const counted = [...(required ?? new Set(scenarios.map(({ name }) => name)))];
  return { score: `${counted.filter((name) => passed.has(name)).length}/${counted.length}`, passed, text };
}
