// Totals of the audit records of one day, of all owners. Each record is added once; nothing of it is kept but counts and, while the day
// is read, the ids of its owners.
import { ANONYMOUS } from './audit.ts';
import type { AuditRecord } from './record.ts';

type Used = {
  calls: number;
  succeeded: number;
  cost_micro_usd: number;
  input_tokens: number;
  output_tokens: number;
};

const CODES = ['rate_limited', 'quota_exceeded', 'budget_exceeded'] as const;
const numberIn = (value: unknown): number => (typeof value === 'number' && value > 0 ? Math.floor(value) : 0);

function addTo(used: Map<string, Used>, name: string, { result, meta = {} }: AuditRecord): void {
  const sum = used.get(name) ?? {
    calls: 0,
    succeeded: 0,
    cost_micro_usd: 0,
    input_tokens: 0,
    output_tokens: 0,
  };
  sum.calls += 1;
  if (result === 'succeeded') sum.succeeded += 1;
  sum.cost_micro_usd += numberIn(meta['cost_micro_usd']);
  sum.input_tokens += numberIn(meta['input_tokens']);
  sum.output_tokens += numberIn(meta['output_tokens']);
  used.set(name, sum);
}

/** Rejections that a record stands for: the first of a kind is recorded, then every hundredth with its number. */
const weightOf = (n: number): number => (n < 100 ? 1 : n === 100 ? 99 : 100);

/** Steps of the guided setup: `setup:<step>` is the target of a `feedback.given` record. */
const STEP = /^setup:([a-z_]{1,40})$/;

function stepsOf({ act, target = '', result }: AuditRecord): string[] {
  if (act === 'feedback.given') return STEP.exec(target)?.slice(1) ?? [];
  if (act === 'key.stored') return ['key_tried', ...(result === 'succeeded' ? ['key_stored'] : [])];
  return act === 'tool.called' && result === 'succeeded' ? ['first_call'] : [];
}

function increment(map: Map<string, number>, name: string, by = 1): void {
  map.set(name, (map.get(name) ?? 0) + by);
}

const emptyTotals = () => ({
  byAct: new Map<string, number>(),
  byCode: new Map<string, number>(),
  byTool: new Map<string, Used>(),
  byProvider: new Map<string, Used>(),
  owners: new Set<string>(),
  steps: new Map<string, Set<string>>(),
  exposed: { log: new Set<string>(), report: new Set<string>() },
  counts: {
    records: 0,
    succeeded: 0,
    refused: 0,
    failed: 0,
    outbound: 0,
    cached: 0,
    accepted: 0,
    uses: 0,
    incidents: 0,
  },
});
type State = ReturnType<typeof emptyTotals>;

function addCall({ counts, byTool, byProvider }: State, record: AuditRecord): void {
  const { result, target = 'unknown', meta = {}, keys = [] } = record;
  if (result === 'attempted') {
    counts.outbound += 1;
    return;
  }
  counts[result] += 1;
  if (meta['outcome'] === 'cached') counts.cached += 1;
  if (keys.length > 0) counts.uses += 1;
  addTo(byTool, target, record);
  const provider = meta['provider'] ?? keys.at(-1)?.provider;
  if (typeof provider === 'string') addTo(byProvider, provider, record);
}

/** Records of the service itself. */
function addSystem({ exposed, counts }: State, { act, target = '', meta = {} }: AuditRecord): void {
  if (act === 'key.exposed') exposed[meta['reason'] === 'log' ? 'log' : 'report'].add(target);
  if (act === 'notice.raised' && meta['reason'] === 'incident') counts.incidents += 1;
}

/** Actions of identified callers. */
function addCaller({ owners, counts }: State, { ownerId, category, result }: AuditRecord): void {
  if (category === 'system' || ownerId === ANONYMOUS || result === 'attempted') return;
  owners.add(ownerId);
  if (category !== 'authentication') counts.accepted += 1;
}

function addRecord(state: State, record: AuditRecord): void {
  const { byAct, byCode, steps, counts } = state;
  const { ownerId, act, category, result, code = '', meta = {} } = record;
  counts.records += 1;
  increment(byAct, `${act}:${result}`);
  if (result === 'refused') increment(byCode, code, weightOf(numberIn(meta['count'])));
  for (const step of stepsOf(record)) steps.set(step, (steps.get(step) ?? new Set()).add(ownerId));
  if (act === 'tool.called') addCall(state, record);
  if (category === 'system') addSystem(state, record);
  addCaller(state, record);
}

const totalsOf = ({ byAct, byCode, byTool, byProvider, owners, steps, exposed, counts }: State) => ({
  ...counts,
  active: owners.size,
  tampered: byAct.get('audit.tampered:succeeded') ?? 0,
  signInsFailed: byAct.get('authentication.failed:failed') ?? 0,
  exposed: { log: exposed.log.size, report: exposed.report.size },
  steps: new Map([...steps].map(([step, reached]) => [step, reached.size])),
  rejected: Object.fromEntries(CODES.map((code) => [code, byCode.get(code) ?? 0])) as Record<
    (typeof CODES)[number],
    number
  >,
  byTool,
  byProvider,
});
export type DayTotals = ReturnType<typeof totalsOf>;

export function createDayTotals() {
  const state = emptyTotals();
  return {
    add: (record: AuditRecord): void => addRecord(state, record),
    totals: (): DayTotals => totalsOf(state),
  };
}
