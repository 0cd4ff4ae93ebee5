// Budget warnings.
import { gaugeOf, type Warning } from './ledger.ts';
import { resetAfter, scopeText, usd } from './limit-errors.ts';

const SEVERITY: Readonly<Record<number, 'info' | 'warning' | 'critical'>> = {
  50: 'info',
  80: 'warning',
  95: 'critical',
};

/** Creates one notice per period, limit and threshold. A changed limit raises new notices. */
export function warningDraft({ gauge, percent, limit, spent }: Warning, day: string) {
  const { period, unit, provider, token } = gaugeOf(gauge);
  const amount = (value: number) => (unit === 'calls' ? `${value}` : `$${usd(value)}`);
  const where = token === undefined ? scopeText({ provider }) : ` of the personal access token ${token}`;
  const resets = new Date(resetAfter(period, day)).toISOString();
  return {
    kind: 'budget_warning' as const,
    severity: SEVERITY[percent] ?? 'critical',
    subject: gauge,
    dedupeKey: `${period === 'day' ? day : day.slice(0, 'yyyy-mm'.length)}-${limit}-${percent}`,
    text:
      `${percent} % of this ${period}'s ${unit === 'calls' ? 'calls' : 'budget'}${where} are used: ` +
      `${amount(spent)} of ${amount(limit)}. The period resets at ${resets}.`,
    next_step:
      percent === 95
        ? 'The call rate is reduced near the limit, and calls are rejected at the limit. See GET /usage.'
        : token === undefined
          ? 'See GET /usage. PUT /preferences sets a lower budget.'
          : 'See GET /tokens. DELETE /tokens/{token_id} revokes it.',
  };
}
