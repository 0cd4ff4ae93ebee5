// Preferences of an owner: provider and models for calls that name none, and a budget below the stage's.
import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import { formatUsd, microUsdOf } from '#shared/core/usd.ts';
import type { Write } from '#shared/core/write.ts';

import type { PreferencesBody } from './api.ts';

/** Stored form. Amounts in micro-USD. */
export const Preferences = z.object({
  /** 0: never set. */
  version: z.int().min(0),
  default_provider: z.string().optional(),
  default_models: z.record(z.string(), z.string()).default({}),
  default_policy: z.enum(['preferred', 'cheapest']).optional(),
  failover: z
    .object({
      allowed: z.boolean(),
      providers: z.array(z.string()),
      models: z.record(z.string(), z.record(z.string(), z.string())).optional(),
    })
    .optional(),
  day_micro_usd: z.int().optional(),
  month_micro_usd: z.int().optional(),
  updated_at: z.string().optional(),
});
export type Preferences = z.infer<typeof Preferences>;

export const NO_PREFERENCES: Preferences = { version: 0, default_models: {} };

/** Port. */
export type PreferenceStore = {
  readonly find: (ownerId: OwnerId) => Promise<Preferences | undefined>;
  /** Rejected with `conflict` unless the stored version is one less; 0 means no stored preferences. */
  readonly replace: (ownerId: OwnerId, preferences: Preferences) => Write;
};

/** Limits of the stage, in micro-USD. */
export type StageMoney = { readonly day: number | undefined; readonly month: number | undefined };

const invalid = (path: string, message: string, more: object = {}) =>
  new AppError('invalid_input', 'The budget is not valid.', { issues: [{ path, message }], ...more });

function amountIn(
  given: string | undefined,
  { path, most }: { path: string; most: number | undefined },
): number | undefined {
  if (given === undefined) return undefined;
  const amount = microUsdOf(given);
  if (amount === 0) throw invalid(path, 'must be more than 0; freeze your keys to stop all calls');
  if (most !== undefined && amount > most) {
    throw invalid(path, `must not exceed the limit of this stage, ${formatUsd(most)}`, {
      limit: { micro_usd: most, usd: formatUsd(most) },
    });
  }
  return amount;
}

function budgetIn({ budget = {} }: PreferencesBody, stage: StageMoney) {
  const { currency = 'USD', day_usd, month_usd } = budget;
  if (currency !== 'USD') {
    throw invalid(
      'body.budget.currency',
      'must be USD; providers bill in US dollars and no conversion takes place',
    );
  }
  const day = amountIn(day_usd, { path: 'body.budget.day_usd', most: stage.day });
  const month = amountIn(month_usd, { path: 'body.budget.month_usd', most: stage.month });
  if (day !== undefined && month !== undefined && day > month) {
    throw invalid('body.budget.day_usd', 'must not exceed month_usd');
  }
  return { day_micro_usd: day, month_micro_usd: month };
}

/**
 * New preferences.
 * @throws {AppError} `invalid_input`; `conflict` if the version that was read is not current
 */
export function changedPreferences(
  before: Preferences,
  body: PreferencesBody,
  { stage, at }: { stage: StageMoney; at: string },
): Preferences {
  if (body.version !== undefined && body.version !== before.version) throw changedMeanwhile(before);
  const { default_provider, default_policy, default_models = {}, failover } = body;
  return {
    version: before.version + 1,
    ...(default_provider !== undefined && { default_provider }),
    default_models,
    ...(default_policy !== undefined && { default_policy }),
    ...(failover && { failover }),
    ...budgetIn(body, stage),
    updated_at: at,
  };
}

export const changedMeanwhile = (current: Preferences): AppError =>
  new AppError('conflict', 'The preferences were modified by another request.', {
    current: preferencesView(current),
  });

/** Preferences as returned to their owner. */
export function preferencesView({ day_micro_usd: day, month_micro_usd: month, ...rest }: Preferences) {
  return {
    version: rest.version,
    default_provider: rest.default_provider ?? null,
    default_models: rest.default_models,
    default_policy: rest.default_policy ?? 'preferred',
    failover: rest.failover ?? { allowed: false, providers: [] },
    budget: {
      currency: 'USD',
      day_usd: day === undefined ? null : formatUsd(day),
      month_usd: month === undefined ? null : formatUsd(month),
    },
    updated_at: rest.updated_at ?? null,
  };
}
