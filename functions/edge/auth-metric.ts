// How sign-ins go, as a line in CloudWatch's embedded metric format: a metric without a call. Nobody is named in it.

import { env } from '#shared/core/env.ts';

/**
 * Whose doing it was. `accepted` and `ours` make the success rate, accepted / (accepted + ours): we turned away, or failed, somebody
 * we should have let in. `expired` is a client that has to refresh, `theirs` a stranger; neither says anything about us.
 */
type Outcome = 'accepted' | 'expired' | 'theirs' | 'ours';

const NAMES: Readonly<Record<Outcome, string>> = {
  accepted: 'AuthAccepted',
  expired: 'AuthExpired',
  theirs: 'AuthRefused',
  ours: 'AuthFailed',
};

/** @param reason the class of a refusal, one of a closed list */
export function countAuth(outcome: Outcome, reason?: string): void {
  const name = NAMES[outcome];
  const line = {
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [
        {
          Namespace: 'Portunus',
          Dimensions: [['Stage'], ...(reason === undefined ? [] : [['Stage', 'Reason']])],
          Metrics: [{ Name: name, Unit: 'Count' }],
        },
      ],
    },
    Stage: env('STAGE'),
    ...(reason !== undefined && { Reason: reason }),
    [name]: 1,
  };
  // Past the logger, which would wrap it; and past console, to which the runtime adds a time of its own.
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
