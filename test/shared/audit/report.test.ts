import { describe, expect, it } from 'vitest';

import { ANONYMOUS } from '#shared/audit/audit.ts';
import { createDayTotals } from '#shared/audit/day-totals.ts';
import type { AuditRecord } from '#shared/audit/record.ts';
import { DailyReport } from '#shared/audit/report-api.ts';
import { dailyReport, type DayFeedback } from '#shared/audit/report.ts';

const record = (changes: Partial<AuditRecord>): AuditRecord => ({
  fmt: 2,
  eventId: 'e',
  ts: '2026-11-27T12:00:00.000Z',
  ownerId: 'alice',
  category: 'user_action',
  act: 'keys.listed',
  result: 'succeeded',
  requestId: 'r',
  ...changes,
});
const call = (changes: Partial<AuditRecord> = {}) =>
  record({ category: 'api_call', act: 'tool.called', target: 'ai_chat', ...changes });
const keys = [{ provider: 'openai', kid: 'k', version: 1 }];
const answers = (...confidences: number[]): DayFeedback => confidences.map((confidence) => ({ confidence }));

const exposed = (target: string, reason: string) =>
  record({ category: 'system', act: 'key.exposed', target, meta: { reason } });

const limited = (count?: number) =>
  call({ result: 'refused', code: 'rate_limited', ...(count !== undefined && { meta: { count } }) });

function reportOf(records: readonly AuditRecord[], feedback: DayFeedback = [], before?: DailyReport) {
  const day = createDayTotals();
  for (const one of records) day.add(one);
  const report = dailyReport({
    date: '2026-11-27',
    writtenAt: '2026-11-28T06:00:00.000Z',
    totals: day.totals(),
    feedback,
    before,
  });
  expect(DailyReport.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
  return report;
}

describe('a success metric of the daily report', () => {
  it('says that there are no data, for each metric, on a day without records', () => {
    const { metrics, records } = reportOf([]);
    expect(records).toBe(0);
    for (const { value, n, status, yesterday } of Object.values(metrics))
      expect([value, n, status, yesterday]).toEqual([null, 0, 'no data', null]);
  });

  it('has its value, its cases, its target and the value of the day before', () => {
    const before = reportOf([
      record({}),
      record({
        category: 'authentication',
        act: 'authentication.failed',
        ownerId: ANONYMOUS,
        result: 'failed',
      }),
    ]);
    expect(before.metrics.authentication).toEqual({
      value: 50,
      n: 2,
      yesterday: null,
      target: 99.9,
      status: 'missed',
    });
    const { metrics } = reportOf([record({})], [], before);
    expect(metrics.authentication).toEqual({ value: 100, n: 1, yesterday: 50, target: 99.9, status: 'met' });
  });

  it('of authentication counts failures of the gateway, and no rejection that the caller caused', () => {
    const rejected = record({
      category: 'authentication',
      act: 'authentication.refused',
      ownerId: ANONYMOUS,
      result: 'refused',
    });
    const failed = { ...rejected, act: 'authentication.failed', result: 'failed' } as const;
    const many = Array.from({ length: 999 }, () => record({}));
    expect(reportOf([...many, rejected, rejected]).metrics.authentication).toMatchObject({
      value: 100,
      n: 999,
    });
    expect(reportOf([...many, failed]).metrics.authentication).toMatchObject({
      value: 99.9,
      n: 1000,
      status: 'met',
    });
    expect(reportOf([...many, failed, failed]).metrics.authentication.status).toBe('missed');
  });

  it('of exposure counts keys found in our logs once each, and those published elsewhere apart', () => {
    const { metrics, incidents } = reportOf([
      exposed('openai_a', 'log'),
      exposed('openai_a', 'log'),
      exposed('openai_b', 'report'),
      call({ keys }),
    ]);
    expect(metrics.exposure).toMatchObject({ value: 1, n: 1, target: 0, status: 'missed' });
    expect(incidents).toMatchObject({ keys_in_logs: 1, keys_in_public: 1 });
    expect(reportOf([call({ keys })]).metrics.exposure).toMatchObject({ value: 0, status: 'met' });
  });

  it('of configuration counts owners, each once, however often they tried', () => {
    const stored = (ownerId: string, result: 'succeeded' | 'refused') =>
      record({ ownerId, act: 'key.stored', result });
    const { metrics, setup } = reportOf([
      stored('alice', 'refused'),
      stored('alice', 'refused'),
      stored('alice', 'succeeded'),
      stored('bob', 'refused'),
      record({ ownerId: 'bob', act: 'feedback.given', target: 'setup:started' }),
      record({ ownerId: 'bob', act: 'feedback.given', target: 'confidence' }),
      call({ ownerId: 'alice' }),
    ]);
    expect(metrics.configuration).toMatchObject({ value: 50, n: 2, status: 'missed' });
    expect(Object.fromEntries(setup.map(({ step, owners }) => [step, owners]))).toMatchObject({
      started: 1,
      key_tried: 2,
      key_stored: 1,
      first_call: 1,
    });
  });

  it('of avoided calls compares answers of the cache with calls that went to a provider', () => {
    const cached = call({ meta: { outcome: 'cached' } });
    const attempt = call({ result: 'attempted' });
    const stale = call({ meta: { outcome: 'stale' } });
    expect(
      reportOf([cached, cached, cached, attempt, call({ keys }), stale]).metrics.avoided_calls,
    ).toMatchObject({
      value: 75,
      n: 4,
      status: 'met',
    });
  });

  it('of confidence needs five answers, so that no person is identified', () => {
    const few = reportOf([record({})], [...answers(0, 10, 10), { confidence: 1, text: 'it was Ann' }]);
    expect(few.metrics.confidence).toMatchObject({ value: null, n: 0, status: 'no data' });
    expect(few.feedback).toEqual({ n: 4, negative: null, texts: [] });
    const enough = reportOf([record({})], [...answers(10, 9, 8, 7), { confidence: 6, text: 'too slow' }]);
    expect(enough.metrics.confidence).toMatchObject({ value: 80, n: 5, status: 'missed' });
    expect(enough.feedback).toEqual({ n: 5, negative: 1, texts: ['too slow'] });
  });
});

describe('the totals of a day', () => {
  it('have cost and tokens by tool and provider, the most expensive first', () => {
    const priced = (target: string, cost: number) =>
      call({ target, keys, meta: { cost_micro_usd: cost, input_tokens: 10, output_tokens: 2 } });
    const report = reportOf([
      priced('ai_chat', 5),
      priced('ai_chat', 7),
      priced('ai_embed', 100),
      call({ target: 'time_now' }),
    ]);
    expect(report.cost_micro_usd).toBe(112);
    expect(report.by_tool.map(({ name, calls, cost_micro_usd }) => [name, calls, cost_micro_usd])).toEqual([
      ['ai_embed', 1, 100],
      ['ai_chat', 2, 12],
      ['time_now', 1, 0],
    ]);
    expect(report.by_provider).toMatchObject([
      { name: 'openai', calls: 3, input_tokens: 30, cost_micro_usd: 112 },
    ]);
  });

  it('count rejections that have no record of their own', () => {
    expect(reportOf([limited(), limited(100), limited(200), limited(300)]).limits.rate_limited).toBe(300);
  });

  it('are the same in whatever order the records are read', () => {
    const records = [
      call(),
      call({ ownerId: 'bob', result: 'failed' }),
      record({ act: 'key.stored' }),
      call({ keys }),
    ];
    expect(reportOf(records.toReversed())).toEqual(reportOf(records));
  });

  it('name no owner', () => {
    const report = reportOf([call({ ownerId: 'owner-id-of-alice' }), record({ ownerId: 'owner-id-of-bob' })]);
    expect(JSON.stringify(report)).not.toContain('owner-id');
    expect(report.active_owners).toBe(2);
  });
});
