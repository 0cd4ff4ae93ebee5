// Sign-in metrics, as lines in CloudWatch's embedded metric format, which need no API call. They contain no identity.

import { env } from '#shared/core/env.ts';

/**
 * Outcome by the party that caused it. `accepted` and `ours` make the success rate, accepted / (accepted + ours): `ours` is
 * a rejection or failure caused by the gateway. `expired` is a client that has to refresh its token, `theirs` an
 * unauthenticated caller; neither is an error of the gateway.
 */
type Outcome = 'accepted' | 'expired' | 'theirs' | 'ours';

const NAMES: Readonly<Record<Outcome, string>> = {
  accepted: 'AuthAccepted',
  expired: 'AuthExpired',
  theirs: 'AuthRefused',
  ours: 'AuthFailed',
};

/** @param reason the class of a rejection, one of a closed list */
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
