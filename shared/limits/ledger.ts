// What an owner has used, and what is set aside for calls under way: the rules, as changes of one value, without a store.
//
// Every gauge counts twice. `spent`: calls that ended, at what they cost. `used`: the same and, for calls under way, what
// was set aside for them: the most they can cost. A call is admitted when `used` stays within the limit with it, so
// whatever calls do at the same time, they cannot spend more than that together.

export const PERIODS = ['day', 'month'] as const;
export type Period = (typeof PERIODS)[number];
export type Unit = 'calls' | 'microUsd';

/** One thing that is counted: of all of an owner's calls, or of those to one provider. */
export type Gauge = {
  readonly period: Period;
  readonly unit: Unit;
  readonly provider?: string | undefined;
};

export const GAUGES: readonly Gauge[] = PERIODS.flatMap((period): Gauge[] => [
  { period, unit: 'calls' },
  { period, unit: 'microUsd' },
]);

/** `day.calls`, `month.microUsd.openai`. */
export const nameOf = ({ period, unit, provider }: Gauge): string =>
  [period, unit, ...(provider === undefined ? [] : [provider])].join('.');

export function gaugeOf(name: string): Gauge {
  const [period, unit, provider] = name.split('.');
  return { period: period as Period, unit: unit as Unit, provider };
}

/** By the name of a gauge. */
export type Counts = Readonly<Record<string, number>>;
export type Limits = Counts;

/** What an owner allows themselves, in micro-USD. */
export type OwnBudget = {
  readonly dayMicroUsd?: number | undefined;
  readonly monthMicroUsd?: number | undefined;
};

/** What is set aside for one call under way. */
export type Hold = {
  readonly provider: string;
  readonly microUsd: number;
  /** UTC day it began on, as in 2026-11-22: the day and month it is charged to. */
  readonly day: string;
  /** Milliseconds since the epoch. Later than the call can last; after that its holder is dead and it is released. */
  readonly until: number;
};

export type Ledger = {
  /** Of this value: changes with every write. */
  readonly revision: number;
  /** UTC day of the day's counts; its month is that of the month's. */
  readonly day: string;
  readonly used: Counts;
  readonly spent: Counts;
  /** Highest share of its limit, in per cent, that was told of this period. */
  readonly warned: Counts;
  /** By request id. */
  readonly open: Readonly<Record<string, Hold>>;
  readonly budget: OwnBudget;
  /** Of `budget`: changes whenever its owner changes it. */
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

/** A bound on the size of the item. */
export const MAX_OPEN = 100;
export const WARNINGS = [50, 80, 95] as const;

export type Amount = { readonly provider: string; readonly calls: number; readonly microUsd: number };

const monthOf = (day: string): string => day.slice(0, 'yyyy-mm'.length);
export const dayOf = (nowMs: number): string => new Date(nowMs).toISOString().slice(0, 'yyyy-mm-dd'.length);

/** The gauges that a call moves, each with how far. */
export const movesOf = ({ provider, calls, microUsd }: Amount): Counts =>
  Object.fromEntries(
    GAUGES.flatMap((gauge) =>
      [undefined, provider].map((scope) => [
        nameOf({ ...gauge, provider: scope }),
        gauge.unit === 'calls' ? calls : microUsd,
      ]),
    ),
  );

function plus(counts: Counts, moves: Counts, sign: 1 | -1): Counts {
  const moved = Object.entries(moves).map(([name, by]) => [
    name,
    Math.max(0, (counts[name] ?? 0) + sign * by),
  ]);
  return { ...counts, ...Object.fromEntries(moved) };
}

/** Of these moves, those of a period that the ledger still counts. */
function within(ledger: Ledger, day: string, moves: Counts): Counts {
  const counted = { day: ledger.day === day, month: monthOf(ledger.day) === monthOf(day) };
  return Object.fromEntries(Object.entries(moves).filter(([name]) => counted[gaugeOf(name).period]));
}

const heldBy = ({ provider, microUsd }: Hold): Amount => ({ provider, calls: 1, microUsd });

/** A new period starts at nothing. What is set aside for calls of an earlier one stays theirs. A day never goes back. */
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

/** Gives back what was set aside for a call, whatever became of it. */
function released(ledger: Ledger, id: string): Ledger {
  const { [id]: hold, ...open } = ledger.open;
  if (!hold) return ledger;
  const moves = within(ledger, hold.day, movesOf(heldBy(hold)));
  return { ...ledger, open, used: plus(ledger.used, moves, -1) };
}

/** What dead callers left: nobody knows whether they spent it, so it is given back. */
export function swept(ledger: Ledger, nowMs: number): Ledger {
  const lapsed = Object.entries(ledger.open).filter(([, { until }]) => until < nowMs);
  return lapsed.reduce((left, [id]) => released(left, id), ledger);
}

/** How much a gauge may show before a call of this amount: at a limit that is reached, not even one without a price. */
export const roomFor = (limit: number, amount: number): number => limit - Math.max(1, amount);

export type Exhausted = {
  readonly gauge: string;
  readonly limit: number;
  readonly spent: number;
  readonly open: number;
};

/** The first limit that a call of this amount would break. */
export function exhausted(ledger: Ledger, amount: Amount, limits: Limits): Exhausted | undefined {
  for (const [gauge, by] of Object.entries(movesOf(amount))) {
    const [limit, used = 0, spent = 0] = [limits[gauge], ledger.used[gauge], ledger.spent[gauge]];
    if (limit !== undefined && used > roomFor(limit, by)) return { gauge, limit, spent, open: used - spent };
  }
  return undefined;
}

export const isCrowded = ({ open }: Ledger): boolean => Object.keys(open).length >= MAX_OPEN;

/** @param ledger of the hold's own day */
export function reserved(ledger: Ledger, id: string, hold: Hold): Ledger {
  const moves = movesOf(heldBy(hold));
  return {
    ...ledger,
    open: { ...ledger.open, [id]: hold },
    used: plus(ledger.used, moves, 1),
    spent: plus(ledger.spent, movesOf({ ...heldBy(hold), calls: 0, microUsd: 0 }), 1), // counted from here on
  };
}

/** What was set aside becomes what it cost, in the period that the call began in. */
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

/** The highest share of a limit that this much reaches; 0 below all of them. */
const shareOf = (spent: number, limit: number): number =>
  WARNINGS.findLast((percent) => spent * 100 >= percent * limit) ?? 0;

/** What has been reached and not been told yet, and the ledger with it told. */
export function warned(ledger: Ledger, limits: Limits): { ledger: Ledger; warnings: readonly Warning[] } {
  const warnings = Object.entries(limits).flatMap(([gauge, limit]) => {
    const spent = ledger.spent[gauge] ?? 0;
    const percent = shareOf(spent, limit);
    return percent > (ledger.warned[gauge] ?? 0) ? [{ gauge, percent, limit, spent }] : [];
  });
  const told = Object.fromEntries(warnings.map(({ gauge, percent }) => [gauge, percent]));
  return { ledger: { ...ledger, warned: { ...ledger.warned, ...told } }, warnings };
}

/** What a gauge may show before the next warning is due. Above the last there is none. */
export function quietUntil(limit: number, told: number): number {
  const next = WARNINGS.find((percent) => percent > told);
  return next === undefined ? Infinity : Math.ceil((next * limit) / 100) - 1;
}
