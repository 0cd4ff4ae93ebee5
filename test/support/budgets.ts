import type { StackOptions } from '#local/stack.ts';

type Mutate = NonNullable<StackOptions['mutate']>;

/** A stage with another budget for every role, and nothing else limited: `mutate` of the stack. */
export const withBudget =
  (budget: object, unpriced: 'allow' | 'refuse' = 'allow'): Mutate =>
  (templates) => {
    const roles = { user: budget, auditor: budget, operator: budget, admin: budget };
    for (const { Parameters = {} } of Object.values(templates)) {
      if (Parameters['Budgets']) Parameters['Budgets'].Default = JSON.stringify({ unpriced, ...roles });
    }
  };
