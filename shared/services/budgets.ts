import { env } from '#shared/core/env.ts';
import { once } from '#shared/core/once.ts';
import { Budgets } from '#shared/limits/budgets.ts';

/** Needs `budgets:read` or `budgets:reserve`. */
export const budgets = once(() => Budgets.parse(JSON.parse(env('BUDGETS'))));
