// Limits in force: those set by an admin, otherwise those of the deployed stage.
import { AppError } from '#shared/core/errors.ts';
import type { Write } from '#shared/core/write.ts';

import { namesIn, type Rates } from './rates.ts';

/** `version` counts the changes; `changedBy` is the ownerId of the last editor. */
export type StoredLimits = {
  readonly version: number;
  readonly rates: Rates;
  readonly changedAt: string;
  readonly changedBy: string;
};

/** Port. */
export type LimitStore = {
  readonly read: () => Promise<StoredLimits | undefined>;
  /** Rejected with `conflict` and the current limits unless the stored version is the previous one. */
  readonly replace: (next: StoredLimits) => Write;
};

/** Maximum delay until an instance that cached the limits applies new ones. */
export const LIMITS_LAG_SECONDS = 10;

/** @param ports.deployed limits of the stage's template, in force while none are stored */
export function createLimits(ports: { store: LimitStore; deployed: () => Rates; now: () => number }) {
  const { store, deployed, now } = ports;
  let seen: { readonly until: number; readonly rates: Rates } | undefined;

  return {
    /** Fails closed: no call is admitted while the limits cannot be read. */
    async current(): Promise<Rates> {
      const at = now();
      if (seen && at < seen.until && seen.until - at <= LIMITS_LAG_SECONDS * 1000) return seen.rates;
      const rates = (await store.read())?.rates ?? deployed();
      seen = { until: at + LIMITS_LAG_SECONDS * 1000, rates };
      return rates;
    },
    stored: store.read,
    deployed,
  };
}

type Known = {
  readonly providers: readonly string[];
  readonly tools: readonly string[];
  /** Names that may appear later: of registered tools, and of the keys they take. */
  readonly mayCome: (kind: 'providers' | 'tools', name: string) => boolean;
};

/** Rejects unknown names: a misspelt name would be a limit without effect. @throws {AppError} `invalid_input` */
export function checkNames(rates: Rates, known: Known): void {
  const issues = (['providers', 'tools'] as const).flatMap((kind) =>
    namesIn(rates, kind)
      .filter(({ name }) => !known[kind].includes(name) && !known.mayCome(kind, name))
      .map(({ path }) => ({
        path: `limits.${path}`,
        message: `must be one of: ${known[kind].join(', ')}, or the name of a registered tool`,
      })),
  );
  if (issues.length > 0) {
    throw new AppError('invalid_input', 'A limit names an unknown tool or provider.', {
      issues: issues.slice(0, 20),
    });
  }
}
