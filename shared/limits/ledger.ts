// Usage and reservations of an owner: the rules as pure changes of one value, without a store. Every gauge has two
// counters. `spent`: ended calls, at their actual cost. `used`: the same plus the reservations of calls in progress, at
// their maximum cost. A call is admitted when `used` including it stays within the limit, so concurrent calls cannot
// exceed the limit together.

export const PERIODS = ['day', 'month'] as const;
export type Period = (typeof PERIODS)[number];
export type Unit = 'calls' | 'microUsd';

/** One counted quantity: of all calls of an owner, or of those to one provider. */
export type Gauge = {
  readonly period: Period;
  readonly unit: Unit;
  readonly provider?: string | undefined;
  /** Personal access token whose own budget it counts. */
  readonly token?: string | undefined;
};

/** No provider's name contains it. */
const TOKEN = 'token:';

export const GAUGES: readonly Gauge[] = PERIODS.flatMap((period): Gauge[] => [
  { period, unit: 'calls' },
  { period, unit: 'microUsd' },
]);

/** `day.calls`, `month.microUsd.openai`, `day.microUsd.token:<id>`. */
export const gaugeName = ({ period, unit, provider, token }: Gauge): string =>
  [
    period,
    unit,
    ...(token === undefined ? [] : [`${TOKEN}${token}`]),
    ...(provider === undefined ? [] : [provider]),
  ].join('.');

export function gaugeOf(name: string): Gauge {
  const [period, unit, scope] = name.split('.');
  return {
    period: period as Period,
    unit: unit as Unit,
    ...(scope?.startsWith(TOKEN) ? { token: scope.slice(TOKEN.length) } : { provider: scope }),
  };
}

/** Values by gauge name. */
export type Counts = Readonly<Record<string, number>>;
export type Limits = Counts;

/** Budget that an owner chose, in micro-USD. */
export type OwnBudget = {
  readonly dayMicroUsd?: number | undefined;
  readonly monthMicroUsd?: number | undefined;
};

/** A personal access token with a budget of its own. */
export type TokenBudget = OwnBudget & { readonly id: string };

/** Reservation of one call in progress. */
export type Hold = {
  readonly provider: string;
  /** Personal access token whose budget it counts against, too. */
  readonly token?: string | undefined;
  readonly microUsd: number;
  /** UTC day of its begin, as in 2026-11-22: the day and month it is charged to. */
  readonly day: string;
  /** Milliseconds since the epoch. Later than the call can last; after that the reservation expires and is released. */
  readonly until: number;
};

export type Ledger = {
  /** Revision of the ledger: changes with every write. */
  readonly revision: number;
  /** UTC day of the day's counters; its month is that of the month's counters. */
  readonly day: string;
  readonly used: Counts;
  readonly spent: Counts;
  /** Highest share of its limit, in per cent, for which a warning was raised in this period. */
  readonly warned: Counts;
  /** Reservations by request id. */
  readonly open: Readonly<Record<string, Hold>>;
  readonly budget: OwnBudget;
  /** Revision of `budget`: changes whenever the owner changes it. */
  readonly budgetRevision: number;
};

export const EMPTY: Ledger = {
  revision: 0,
  day: '',
  used: {},
  spent: {},
  warned: {},
  open: {},
  budget: {},
  budgetRevision: 0,
};

/** Bounds the size of the item. */
export const MAX_OPEN = 100;
export const WARNINGS = [50, 80, 95] as const;

export type Amount = {
  readonly provider: string;
  readonly calls: number;
  readonly microUsd: number;
  readonly token?: string | undefined;
};

const monthOf = (day: string): string => day.slice(0, 'yyyy-mm'.length);
export const ledgerDay = (nowMs: number): string =>
  new Date(nowMs).toISOString().slice(0, 'yyyy-mm-dd'.length);

/** Gauges that a call changes, each with its increment. */
export function movesOf({ provider, calls, microUsd, token }: Amount): Counts {
  const counted = GAUGES.flatMap((gauge) =>
    [undefined, provider].map((scope) => [
      gaugeName({ ...gauge, provider: scope }),
      gauge.unit === 'calls' ? calls : microUsd,
    ]),
  );
  const ofToken = token === undefined ? [] : PERIODS.map((period) => [tokenGauge(period, token), microUsd]);
  return Object.fromEntries([...counted, ...ofToken]);
}

export const tokenGauge = (period: Period, token: string): string =>
  gaugeName({ period, unit: 'microUsd', token });

function plus(counts: Counts, moves: Counts, sign: 1 | -1): Counts {
  const moved = Object.entries(moves).map(([name, by]) => [
    name,
    Math.max(0, (counts[name] ?? 0) + sign * by),
  ]);
  return { ...counts, ...Object.fromEntries(moved) };
}

/** Selects the increments whose period the ledger still counts. */
function within(ledger: Ledger, day: string, moves: Counts): Counts {
  const counted = { day: ledger.day === day, month: monthOf(ledger.day) === monthOf(day) };
  return Object.fromEntries(Object.entries(moves).filter(([name]) => counted[gaugeOf(name).period]));
}

const heldBy = ({ provider, microUsd, token }: Hold): Amount => ({ provider, calls: 1, microUsd, token });

/**
 * Resets the counters of a new period. Reservations for calls of an earlier period are kept. The day never decreases.
 */
export function rolled(ledger: Ledger, today: string): Ledger {
  if (ledger.day >= today) return ledger;
  const kept = (counts: Counts): Counts =>
    monthOf(ledger.day) === monthOf(today)
      ? Object.fromEntries(Object.entries(counts).filter(([name]) => gaugeOf(name).period === 'month'))
      : {};
  return {
    ...ledger,
    day: today,
    used: kept(ledger.used),
    spent: kept(ledger.spent),
    warned: kept(ledger.warned),
  };
}

/** Releases the reservation of a call, whatever its outcome. */
function released(ledger: Ledger, id: string): Ledger {
  const { [id]: hold, ...open } = ledger.open;
  if (!hold) return ledger;
  const moves = within(ledger, hold.day, movesOf(heldBy(hold)));
  return { ...ledger, open, used: plus(ledger.used, moves, -1) };
}

/** Releases expired reservations: whether their calls were billed is unknown. */
export function swept(ledger: Ledger, nowMs: number): Ledger {
  const lapsed = Object.entries(ledger.open).filter(([, { until }]) => until < nowMs);
  return lapsed.reduce((left, [id]) => released(left, id), ledger);
}

/**
 * Highest value of a gauge that admits a call of this amount. At a reached limit, calls without a price are rejected as
 * well.
 */
export const roomFor = (limit: number, amount: number): number => limit - Math.max(1, amount);

export type Exhausted = {
  readonly gauge: string;
  readonly limit: number;
  readonly spent: number;
  readonly open: number;
};

/** First limit that a call of this amount would exceed. */
export function exhausted(ledger: Ledger, amount: Amount, limits: Limits): Exhausted | undefined {
  for (const [gauge, by] of Object.entries(movesOf(amount))) {
    const [limit, used = 0, spent = 0] = [limits[gauge], ledger.used[gauge], ledger.spent[gauge]];
    if (limit !== undefined && used > roomFor(limit, by)) return { gauge, limit, spent, open: used - spent };
  }
  return undefined;
}

export const isCrowded = ({ open }: Ledger): boolean => Object.keys(open).length >= MAX_OPEN;

/** @param ledger of the reservation's own day */
export function reserved(ledger: Ledger, id: string, hold: Hold): Ledger {
  const moves = movesOf(heldBy(hold));
  return {
    ...ledger,
    open: { ...ledger.open, [id]: hold },
    used: plus(ledger.used, moves, 1),
    spent: plus(ledger.spent, movesOf({ ...heldBy(hold), calls: 0, microUsd: 0 }), 1), // counting starts now
  };
}

/** Replaces a reservation by the actual cost, in the period in which the call began. */
export function settled(ledger: Ledger, id: string, actual: Amount): Ledger {
  const hold = ledger.open[id];
  if (!hold) return ledger;
  const left = released(ledger, id);
  const moves = within(left, hold.day, movesOf(actual));
  return { ...left, used: plus(left.used, moves, 1), spent: plus(left.spent, moves, 1) };
}

export type Warning = {
  readonly gauge: string;
  readonly percent: number;
  readonly limit: number;
  readonly spent: number;
};

/** Highest warning threshold that this value reaches; 0 below all of them. */
const shareOf = (spent: number, limit: number): number =>
  WARNINGS.findLast((percent) => spent * 100 >= percent * limit) ?? 0;

/** Reached thresholds without a warning yet, and the ledger with them marked as warned. */
export function dueWarnings(
  ledger: Ledger,
  limits: Limits,
): { ledger: Ledger; warnings: readonly Warning[] } {
  const warnings = Object.entries(limits).flatMap(([gauge, limit]) => {
    const spent = ledger.spent[gauge] ?? 0;
    const percent = shareOf(spent, limit);
    return percent > (ledger.warned[gauge] ?? 0) ? [{ gauge, percent, limit, spent }] : [];
  });
  const percents = Object.fromEntries(warnings.map(({ gauge, percent }) => [gauge, percent]));
  return { ledger: { ...ledger, warned: { ...ledger.warned, ...percents } }, warnings };
}

/** Highest value of a gauge before the next warning is due; unbounded above the last threshold. */
export function quietUntil(limit: number, warned: number): number {
  const next = WARNINGS.find((percent) => percent > warned);
  return next === undefined ? Infinity : Math.ceil((next * limit) / 100) - 1;
}
