// `npm run cost`: what a million calls cost by route and outcome, a month without calls, and the break-even.
import { parseArgs } from 'node:util';

import { alwaysOnMonth, ASSUMPTIONS, costOf, idleMonth, PRICES, PRICES_OF } from './cost-model.ts';
import { PINNED_AWS_CALLS } from './pinned-aws-calls.ts';

const HELP = `Usage: npm run cost [-- --calls-per-write <n>] [--alarms <n>]

Estimates the costs of a stage on AWS from the AWS calls that the tests pin. Nothing is asked of AWS.

  --calls-per-write <n>   calls of one owner within ten seconds, which share a write of usage counters (default 1)
  --alarms <n>            alarms of the account (default: those of a stage)
  --help                  show this text`;

/** Metrics of the alarms of one stage, about: each is charged. */
export const ALARM_METRICS = 30;

const options = {
  'calls-per-write': { type: 'string', default: '1' },
  alarms: { type: 'string', default: String(ALARM_METRICS) },
  help: { type: 'boolean', default: false },
} as const;

const usd = (amount: number): string => amount.toFixed(2).padStart(8);

export function report(given: { readonly callsPerWrite: number; readonly alarms: number }): string[] {
  const rows = Object.entries(PINNED_AWS_CALLS).map(([outcome, calls]) => costOf(outcome, calls, given));
  const idle = idleMonth(given);
  const idleTotal = Object.values(idle).reduce((sum, one) => sum + one, 0);
  const alwaysOn = alwaysOnMonth();
  const typical = rows.find(({ outcome }) => outcome === 'todo_create')?.total ?? 0;
  const breakEven = (alwaysOn - idleTotal) / typical;
  const width = Math.max(...rows.map(({ outcome }) => outcome.length));
  return [
    `US dollars per million calls, list prices of us-east-1 on ${PRICES_OF}, without free tiers and transfer:`,
    '',
    `${''.padEnd(width)}   total = gateway + compute + AWS calls + usage`,
    ...rows.map(({ outcome, total, ...parts }) =>
      [outcome.padEnd(width), total, parts.gateway, parts.compute, parts.aws, parts.usage]
        .map((cell) => (typeof cell === 'number' ? usd(cell) : cell))
        .join(' '),
    ),
    '',
    'A month without calls:',
    ...Object.entries(idle).map(([what, amount]) => `${usd(amount)}  ${what}`),
    `${usd(idleTotal)}  together`,
    '',
    `An always-on gateway (two containers of 0.25 vCPU and 0.5 GB, load balancer, NAT gateway): ${usd(alwaysOn).trim()} a month.`,
    `Break-even with calls like todo_create: ${breakEven.toFixed(1)} million a month.`,
    '',
    'Assumptions:',
    ...Object.entries(ASSUMPTIONS).map(([name, value]) => `  ${name}: ${value}`),
    `  calls of one owner in one write of usage counters: ${given.callsPerWrite}`,
    '',
    'Prices:',
    ...Object.entries(PRICES).map(
      ([name, { usd: price, source }]) => `  ${name}: $${Number(price.toPrecision(6))}  ${source}`,
    ),
  ];
}

function main(): void {
  const { values } = parseArgs({ options });
  if (values.help) return console.log(HELP);
  const [callsPerWrite, alarms] = [Number(values['calls-per-write']), Number(values.alarms)];
  if (!(callsPerWrite >= 1) || !(alarms >= 0))
    throw new Error('Both options are numbers, the first at least 1.');
  for (const line of report({ callsPerWrite, alarms })) console.log(line);
}

if (import.meta.main) main();
