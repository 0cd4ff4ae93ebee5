import type { StackOptions } from '#local/stack.ts';

/** Shortens the timeout of functions, for tests that wait until it expires: `mutate` of the stack. */
export const withFunctionTimeout =
  (seconds: number, ...functions: readonly string[]): NonNullable<StackOptions['mutate']> =>
  (templates) => {
    const missing = new Set(functions);
    for (const { Resources } of Object.values(templates)) {
      for (const { Type, Properties = {} } of Object.values(Resources)) {
        const name = String(Properties['FunctionName']).replace('portunus-local-', '');
        if (Type === 'AWS::Lambda::Function' && missing.delete(name)) Properties['Timeout'] = seconds;
      }
    }
    if (missing.size > 0) throw new Error(`There is no function ${[...missing].join(', ')}.`);
  };
