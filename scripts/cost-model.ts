// Prices of AWS and the costs of a stage computed from them. An estimate: the assumptions are printed beside it.

/** Day of the list below: prices of us-east-1 in US dollars, and the pages that publish them. Compare before you decide by them. */
export const PRICES_OF = '2026-11-28';
export const PRICES = {
  apiRequest: { usd: 3.5 / 1e6, source: 'aws.amazon.com/api-gateway/pricing (REST API, first 333 million)' },
  lambdaRequest: { usd: 0.2 / 1e6, source: 'aws.amazon.com/lambda/pricing' },
  lambdaGbSecond: { usd: 0.000_013_333_4, source: 'aws.amazon.com/lambda/pricing (Arm)' },
  writeUnit: { usd: 0.625 / 1e6, source: 'aws.amazon.com/dynamodb/pricing/on-demand' },
  readUnit: { usd: 0.125 / 1e6, source: 'aws.amazon.com/dynamodb/pricing/on-demand' },
  streamRead: {
    usd: 0.02 / 1e5,
    source: 'aws.amazon.com/dynamodb/pricing/on-demand (streams; Lambda reads are free)',
  },
  kmsRequest: { usd: 0.03 / 1e4, source: 'aws.amazon.com/kms/pricing' },
  kmsKeyMonth: { usd: 1, source: 'aws.amazon.com/kms/pricing' },
  secretRequest: { usd: 0.05 / 1e4, source: 'aws.amazon.com/secrets-manager/pricing' },
  secretMonth: { usd: 0.4, source: 'aws.amazon.com/secrets-manager/pricing' },
  logGb: { usd: 0.5, source: 'aws.amazon.com/cloudwatch/pricing (ingestion)' },
  logScanGb: { usd: 0.12, source: 'aws.amazon.com/cloudwatch/pricing (data protection)' },
  alarmMonth: { usd: 0.1, source: 'aws.amazon.com/cloudwatch/pricing' },
  metricMonth: { usd: 0.3, source: 'aws.amazon.com/cloudwatch/pricing' },
  fargateVcpuHour: { usd: 0.032_38, source: 'aws.amazon.com/fargate/pricing (Arm)' },
  fargateGbHour: { usd: 0.003_56, source: 'aws.amazon.com/fargate/pricing (Arm)' },
  loadBalancerHour: { usd: 0.0225, source: 'aws.amazon.com/elasticloadbalancing/pricing' },
  natGatewayHour: { usd: 0.045, source: 'aws.amazon.com/vpc/pricing' },
} as const;
type Price = keyof typeof PRICES;

/** Units by price. */
type Bill = Readonly<Partial<Record<Price, number>>>;

export const dollars = (bill: Bill): number =>
  Object.entries(bill).reduce((sum, [price, units]) => sum + units * PRICES[price as Price].usd, 0);

const add = (...bills: readonly Bill[]): Bill => {
  const sum: Partial<Record<Price, number>> = {};
  for (const bill of bills)
    for (const [price, units] of Object.entries(bill))
      sum[price as Price] = (sum[price as Price] ?? 0) + units;
  return sum;
};

export const ASSUMPTIONS = {
  memoryGb: 0.5,
  /** Duration of a route that calls no provider, and of one that waits for a model. */
  ownSeconds: 0.03,
  modelSeconds: 3,
  logKbPerRequest: 0.8,
  /** An audit row of 1 to 2 KB, and its entry in the index of days. */
  auditRowUnits: 2,
  auditIndexUnits: 1,
  /** A transaction of a call has two items, each written at twice the price: the audit row, and a row below 1 KB. */
  transactionUnits: 2 * (2 + 1) + 1,
  /** Two items of usage counters and the check for an erasure. */
  usageTransactionUnits: 2 * 3,
} as const;

const callsModel = (outcome: string, calls: readonly string[]): boolean =>
  /ai_|completion|embeddings|responses|messages/.test(outcome) && calls.includes('TransactWriteItems');

const UNITS: Readonly<Record<string, Bill>> = {
  GetItem: { readUnit: 1 },
  Query: { readUnit: 1 },
  BatchGetItem: { readUnit: 2 },
  UpdateItem: { writeUnit: 1 },
  PutItem: { writeUnit: ASSUMPTIONS.auditRowUnits + ASSUMPTIONS.auditIndexUnits },
  DeleteItem: { writeUnit: 1 },
  TransactWriteItems: { writeUnit: ASSUMPTIONS.transactionUnits },
  Decrypt: { kmsRequest: 1 },
  GenerateDataKey: { kmsRequest: 1 },
  GenerateMac: { kmsRequest: 1 },
  GetSecretValue: { secretRequest: 1 },
};

/** @throws for an operation without a price */
function billOf(operation: string): Bill {
  const units = UNITS[operation];
  if (!units) throw new Error(`${operation} has no price: add it to scripts/cost-model.ts.`);
  return units;
}

export type RouteCost = {
  readonly outcome: string;
  /** US dollars per million. */
  readonly gateway: number;
  readonly compute: number;
  readonly aws: number;
  readonly usage: number;
  readonly total: number;
};

const million = (bill: Bill): number => dollars(bill) * 1e6;

/** @param pinned operations separated by spaces, with a remark after a comma */
export function costOf(
  outcome: string,
  pinned: string,
  { callsPerWrite }: { callsPerWrite: number },
): RouteCost {
  const calls = (pinned.split(',')[0] ?? '').split(' ').filter((name) => name !== '');
  const { memoryGb, ownSeconds, modelSeconds, logKbPerRequest } = ASSUMPTIONS;
  const seconds = callsModel(outcome, calls) ? modelSeconds : ownSeconds;
  const logGb = logKbPerRequest / 1024 / 1024;
  const parts = {
    gateway: million({ apiRequest: 1 }),
    compute: million({ lambdaRequest: 1, lambdaGbSecond: seconds * memoryGb, logGb, logScanGb: logGb }),
    aws: million(add(...calls.map(billOf))),
    // The attempt and the outcome of one call share a write.
    usage: calls.length > 0 ? million({ writeUnit: ASSUMPTIONS.usageTransactionUnits / callsPerWrite }) : 0,
  };
  return { outcome, ...parts, total: parts.gateway + parts.compute + parts.aws + parts.usage };
}

const HOURS = 730;

/** A stage without a call, by what it is charged for. The free tier of alarms is that of the account. */
export const idleMonth = ({ alarms }: { alarms: number }): Readonly<Record<string, number>> => ({
  'KMS keys (3)': dollars({ kmsKeyMonth: 3 }),
  'secrets (2)': dollars({ secretMonth: 2 }),
  [`alarms (${alarms}, the first 10 free)`]: dollars({ alarmMonth: Math.max(0, alarms - 10) }),
  'polling of the stream by the pipe (4 a second, 2.5 million free)': dollars({
    streamRead: Math.max(0, 4 * 3600 * HOURS - 2.5e6),
  }),
  'scheduled runs and their logs': dollars({ lambdaRequest: 3_000, lambdaGbSecond: 1_500 }),
});

/** Two small containers behind a load balancer, with a way out to the providers. */
export const alwaysOnMonth = (): number =>
  HOURS *
  dollars({ fargateVcpuHour: 2 * 0.25, fargateGbHour: 2 * 0.5, loadBalancerHour: 1, natGatewayHour: 1 });
