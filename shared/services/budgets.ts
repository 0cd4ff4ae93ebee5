import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';
import { Budgets } from '#shared/limits/budgets.ts';

/** Needs `budgets:read` or `budgets:reserve`. */
export const budgets = lazy(() => Budgets.parse(JSON.parse(env('BUDGETS'))));
