// Response to a change to one key, and its audit record.
import type { Write } from '#shared/core/write.ts';
import type { KeySummary } from '#shared/vault/stored-key.ts';

export const outcomeIn = ({ validation }: KeySummary) => validation && { outcome: validation.outcome };

export const keyAnswer = (
  { summary, writes }: { summary: KeySummary; writes: readonly Write[] },
  message: string,
) => ({
  body: { success: true, message, ...summary },
  writes,
  target: summary.key_id,
  meta: { provider: summary.provider, version: summary.version },
});
