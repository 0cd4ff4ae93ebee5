// The limits in force, and how an admin changes them.
import type { Principal } from '#shared/auth/principal.ts';
import { dynamo } from '#shared/aws/dynamo.ts';
import { limitTable } from '#shared/aws/limit-table.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';
import type { LimitsBody } from '#shared/limits/api.ts';
import { checkNames, createLimits, LIMITS_LAG_SECONDS } from '#shared/limits/limits.ts';
import { Rates } from '#shared/limits/rates.ts';
import { CATALOG, isUpstreamProvider } from '#shared/providers/catalog.ts';
import { isRegisteredName } from '#shared/tools/registered.ts';
import { TOOLS } from '#shared/tools/registry.ts';

const known = lazy(() => ({
  providers: CATALOG.map(({ id }) => id),
  tools: TOOLS.map(({ name }) => name),
  mayCome: (kind: 'providers' | 'tools', name: string) =>
    kind === 'tools' ? isRegisteredName(name) : isUpstreamProvider(name),
}));

/** Limits of the deployment. A limit for an unknown name fails every call: safer than serving without limits. */
const deployed = lazy(() => {
  const rates = Rates.parse(JSON.parse(env('RATE_LIMITS')));
  checkNames(rates, known());
  return rates;
});

const store = lazy(() => limitTable(dynamo(), env('CONTROL_TABLE')));

/** Needs `rates:admit` or `limits:read`. */
export const limits = lazy(() => createLimits({ store: store(), deployed, now: Date.now }));

/** Needs `limits:read`. */
export async function showLimits() {
  const stored = await limits().stored();
  return {
    version: stored?.version ?? 0,
    source: stored ? 'stored' : 'deployed',
    limits: stored?.rates ?? limits().deployed(),
    changed_at: stored?.changedAt ?? null,
    in_force_within_seconds: LIMITS_LAG_SECONDS,
  };
}

/** Needs `limits:write`. @returns the change, to be committed with its record. @throws {AppError} `invalid_input` */
export function changeLimits({ uid }: Principal, { version, limits: rates }: LimitsBody) {
  checkNames(rates, known());
  const next = { version: version + 1, rates, changedAt: new Date().toISOString(), changedBy: uid };
  return {
    writes: [store().replace(next)],
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
}
