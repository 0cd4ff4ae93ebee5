import type { StackOptions } from '#local/stack.ts';

/** Functions that are given less time than in the template, for tests that wait until it is over: `mutate` of the stack. */
export const hurried =
  (seconds: number, ...functions: readonly string[]): NonNullable<StackOptions['mutate']> =>
  (templates) => {
    const left = new Set(functions);
    for (const { Resources } of Object.values(templates)) {
      for (const { Type, Properties = {} } of Object.values(Resources)) {
        const name = String(Properties['FunctionName']).replace('portunus-local-', '');
        if (Type === 'AWS::Lambda::Function' && left.delete(name)) Properties['Timeout'] = seconds;
      }
    }
    if (left.size > 0) throw new Error(`There is no function ${[...left].join(', ')}.`);
  };
