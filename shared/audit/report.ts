// The daily report: the five success metrics of the service, each with the number of its cases, and what the day cost.
import type { DayTotals } from './day-totals.ts';
import type { DailyReport, Metric, MetricName } from './report-api.ts';

/** Feedback of one day. */
export type DayFeedback = readonly { readonly confidence: number; readonly text?: string | undefined }[];

const TARGETS: Readonly<Record<MetricName, number>> = {
  authentication: 99.9,
  exposure: 0,
  configuration: 95,
  avoided_calls: 50,
  confidence: 99,
};

/** Fewer answers would show who gave them. */
const FEWEST_ANSWERS = 5;
/** Lowest score of a confident user: 7 to 10 of 10. */
const CONFIDENT = 7;
const MAX_TEXTS = 20;
const MAX_ROWS = 50;

const SETUP_STEPS = [
  'started',
  'key_page_opened',
  'key_tried',
  'key_stored',
  'tested',
  'client_connected',
  'first_call',
];

type Cases = { readonly good: number; readonly n: number };

const percentOf = ({ good, n }: Cases): number | null =>
  n === 0 ? null : Math.round((1e5 * good) / n) / 1e3;

function metricOf(
  name: MetricName,
  { value, n }: { value: number | null; n: number },
  before?: DailyReport,
): Metric {
  const target = TARGETS[name];
  const isMet = value !== null && (name === 'exposure' ? value <= target : value >= target);
  const status = value === null ? 'no data' : isMet ? 'met' : 'missed';
  return { value, n, yesterday: before?.metrics[name].value ?? null, target, status };
}

/** Good cases of each metric but the exposure, which is a number. */
function casesOf(totals: DayTotals, feedback: DayFeedback): Record<Exclude<MetricName, 'exposure'>, Cases> {
  const { accepted, signInsFailed, cached, outbound, steps } = totals;
  const confident = feedback.filter(({ confidence }) => confidence >= CONFIDENT).length;
  const shown = feedback.length >= FEWEST_ANSWERS;
  return {
    authentication: { good: accepted, n: accepted + signInsFailed },
    configuration: { good: steps.get('key_stored') ?? 0, n: steps.get('key_tried') ?? 0 },
    avoided_calls: { good: cached, n: cached + outbound },
    confidence: shown ? { good: confident, n: feedback.length } : { good: 0, n: 0 },
  };
}

function metricsOf(totals: DayTotals, feedback: DayFeedback, before: DailyReport | undefined) {
  const cases = casesOf(totals, feedback);
  const percent = (name: keyof typeof cases) =>
    metricOf(name, { value: percentOf(cases[name]), n: cases[name].n }, before);
  return {
    authentication: percent('authentication'),
    // A day without any record is a day without data, not one without leaks.
    exposure: metricOf(
      'exposure',
      { value: totals.records === 0 ? null : totals.exposed.log, n: totals.uses },
      before,
    ),
    configuration: percent('configuration'),
    avoided_calls: percent('avoided_calls'),
    confidence: percent('confidence'),
  };
}

const rowsOf = (used: DayTotals['byTool']): DailyReport['by_tool'] =>
  [...used]
    .map(([name, sums]) => ({ name, ...sums }))
    .toSorted(
      (a, b) => b.cost_micro_usd - a.cost_micro_usd || b.calls - a.calls || (a.name < b.name ? -1 : 1),
    )
    .slice(0, MAX_ROWS);

function feedbackOf(feedback: DayFeedback): DailyReport['feedback'] {
  if (feedback.length < FEWEST_ANSWERS) return { n: feedback.length, negative: null, texts: [] };
  const negative = feedback.filter(({ confidence }) => confidence < CONFIDENT);
  return {
    n: feedback.length,
    negative: negative.length,
    texts: negative.flatMap(({ text }) => text ?? []).slice(0, MAX_TEXTS),
  };
}

/** @param input.before report of the day before, if there is one */
export function dailyReport(input: {
  readonly date: string;
  readonly writtenAt: string;
  readonly totals: DayTotals;
  readonly feedback: DayFeedback;
  readonly before?: DailyReport | undefined;
}): DailyReport {
  const { date, writtenAt, totals, feedback, before } = input;
  const { succeeded, refused, failed, outbound, cached, exposed } = totals;
  return {
    date,
    written_at: writtenAt,
    records: totals.records,
    active_owners: totals.active,
    metrics: metricsOf(totals, feedback, before),
    calls: { succeeded, refused, failed, outbound, cached },
    cost_micro_usd: [...totals.byTool.values()].reduce((sum, one) => sum + one.cost_micro_usd, 0),
    by_tool: rowsOf(totals.byTool),
    by_provider: rowsOf(totals.byProvider),
    limits: totals.rejected,
    setup: SETUP_STEPS.map((step) => ({ step, owners: totals.steps.get(step) ?? 0 })),
    incidents: {
      keys_in_logs: exposed.log,
      keys_in_public: exposed.report,
      records_tampered: totals.tampered,
      notices: totals.incidents,
    },
    feedback: feedbackOf(feedback),
  };
}
