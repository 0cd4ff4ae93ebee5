// The limits in force, and changes of them by an admin.
import type { Principal } from '#shared/auth/principal.ts';
import type { LimitsBody } from '#shared/limits/api.ts';
import { checkNames, type createLimits, LIMITS_LAG_SECONDS, type LimitStore } from '#shared/limits/limits.ts';
import type { Rates } from '#shared/limits/rates.ts';
import { CATALOG, isUpstreamProvider } from '#shared/providers/catalog.ts';
import { BUILT_IN_NAMES } from '#shared/tools/built-in-names.ts';
import { isRegisteredName } from '#shared/tools/registered.ts';

/** @throws {AppError} `invalid_input` for the name of an unknown provider or tool */
export function checkLimitNames(rates: Rates): void {
  checkNames(rates, {
    providers: CATALOG.map(({ id }) => id),
    tools: BUILT_IN_NAMES,
    mayCome: (kind, name) => (kind === 'tools' ? isRegisteredName(name) : isUpstreamProvider(name)),
  });
}

type Limits = Pick<ReturnType<typeof createLimits>, 'stored' | 'deployed'>;

export const createShowLimits =
  ({ stored, deployed }: Limits) =>
  async () => {
    const limits = await stored();
    return {
      version: limits?.version ?? 0,
      source: limits ? 'stored' : 'deployed',
      limits: limits?.rates ?? deployed(),
      changed_at: limits?.changedAt ?? null,
      in_force_within_seconds: LIMITS_LAG_SECONDS,
    };
  };

/** @returns the change, to be committed with its record. @throws {AppError} `invalid_input` */
export const createChangeLimits =
  ({ store, now }: { store: Pick<LimitStore, 'replace'>; now: () => number }) =>
  ({ ownerId }: Principal, { version, limits: rates }: LimitsBody) => {
    checkLimitNames(rates);
    const changedAt = new Date(now()).toISOString();
    const next = { version: version + 1, rates, changedAt, changedBy: ownerId };
    return {
      writes: [store.replace(next)],
      version: next.version,
      body: {
        success: true,
        message: `The new limits are in force everywhere within ${LIMITS_LAG_SECONDS} s.`,
        version: next.version,
        limits: rates,
        changed_at: next.changedAt,
        in_force_within_seconds: LIMITS_LAG_SECONDS,
      },
    };
  };
