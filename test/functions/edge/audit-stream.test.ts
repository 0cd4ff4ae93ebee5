// Rows of the audit table's stream, as Lambda delivers them.
import type { Context, DynamoDBRecord } from 'aws-lambda';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { auditStreamConsumer } from '#functions/edge/audit-stream.ts';
import { countOutcomes, OUTCOME_METRICS } from '#functions/edge/outcome-metrics.ts';
import type { AuditedEvent, PositionedEvent } from '#shared/audit/usage.ts';

const STREAM = 'arn:aws:dynamodb:eu-central-1:000000000000:table/audit/stream';
const context = { awsRequestId: 'r1' } as Context;

const row = (
  sequence: string,
  more: Record<string, string> = {},
  stream = '2026-11-28T10:00:00.000',
): DynamoDBRecord => {
  const attributes = {
    eventId: `e${sequence}`,
    ownerId: 'alice',
    act: 'tool.called',
    category: 'api_call',
    result: 'succeeded',
    ts: '2026-11-28T12:00:00.000Z',
    target: 'ai_chat',
    rec: JSON.stringify({ meta: { outcome: 'cached' } }),
    ...more,
  };
  return {
    eventName: 'INSERT',
    eventSourceARN: `${STREAM}/${stream}`,
    dynamodb: {
      SequenceNumber: sequence,
      NewImage: Object.fromEntries(Object.entries(attributes).map(([name, S]) => [name, { S }])),
    },
  };
};

/** Runs the consumer: what the use case received, and the sequence numbers to be delivered again. */
async function consume(
  Records: DynamoDBRecord[],
  fail: (events: readonly PositionedEvent[]) => string[] = () => [],
) {
  const received: PositionedEvent[] = [];
  const handler = auditStreamConsumer(async (events) => {
    received.push(...events);
    return fail(events);
  });
  const { batchItemFailures } = await handler({ Records }, context);
  return { received, again: batchItemFailures.map(({ itemIdentifier }) => itemIdentifier) };
}

/** Lines in the embedded metric format. */
function metricsOf(events: readonly AuditedEvent[]): Record<string, unknown>[] {
  const lines: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    lines.push(String(text));
    return true;
  });
  vi.stubEnv('STAGE', 'dev');
  countOutcomes(events);
  write.mockRestore();
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

afterEach(() => vi.unstubAllEnvs());

describe('a consumer of the audit stream', () => {
  it('receives the fields of each row, and the outcome that only the record has', async () => {
    const { received, again } = await consume([row('5')]);
    expect(received).toEqual([
      expect.objectContaining({ eventId: 'e5', ownerId: 'alice', act: 'tool.called', outcome: 'cached' }),
    ]);
    expect(received[0]).not.toHaveProperty('rec');
    expect(again).toEqual([]);
  });

  it('compares positions as texts in the order of the stream, a later stream after an earlier one', async () => {
    const { received } = await consume([
      row('9'),
      row('10'),
      row('100000000000000000001'),
      row('1', {}, '2026-11-29T10:00:00.000'),
    ]);
    const positions = received.map(({ position }) => position);
    expect(positions).toEqual(positions.toSorted());
    expect(new Set(positions).size).toBe(4);
  });

  it('has the rows delivered again whose positions failed', async () => {
    const { again } = await consume([row('1'), row('2'), row('3')], (events) => [events[1]?.position ?? '']);
    expect(again).toEqual(['2']);
  });

  it('leaves out a row that it cannot read, and handles the others', async () => {
    const { received, again } = await consume([row('1'), row('2', { result: 'unheard of' }), row('3')]);
    expect(received.map(({ eventId }) => eventId)).toEqual(['e1', 'e3']);
    expect(again).toEqual([]);
  });

  it('counts an action that only a later release knows', async () => {
    const { received } = await consume([row('1', { act: 'key.teleported' })]);
    expect(received).toMatchObject([{ act: 'key.teleported' }]);
  });
});

describe('the metrics of a stage', () => {
  const event: AuditedEvent = {
    eventId: 'e',
    ownerId: 'alice',
    act: 'tool.called',
    category: 'api_call',
    result: 'succeeded',
    ts: '2026-11-28T12:00:00.000Z',
  };

  it('count calls, those that were answered from the cache and those that failed, once for a batch', () => {
    const [line, ...others] = metricsOf([
      event,
      { ...event, outcome: 'cached' },
      { ...event, outcome: 'stale' },
      { ...event, result: 'failed' },
      { ...event, result: 'attempted' },
    ]);
    expect(others).toEqual([]);
    expect(line).toMatchObject({ Stage: 'dev', ToolCalls: 4, ToolCallsCached: 2, ToolCallsFailed: 1 });
    expect(line).not.toHaveProperty('KeysStored');
  });

  it('are not written for a batch without any', () => {
    expect(metricsOf([{ ...event, act: 'usage.read' }])).toEqual([]);
  });

  it('count each kind of event that they name', () => {
    const [line] = metricsOf([
      { ...event, act: 'key.stored' },
      { ...event, act: 'key.stored', result: 'refused' },
      { ...event, act: 'key.invalidated' },
      { ...event, act: 'notice.raised', severity: 'critical' },
      { ...event, act: 'notice.raised', severity: 'info' },
      { ...event, act: 'audit.tampered' },
      event,
      { ...event, result: 'failed', outcome: 'stale' },
    ]);
    expect(Object.keys(line ?? {})).toEqual(expect.arrayContaining(Object.keys(OUTCOME_METRICS)));
    expect(line).toMatchObject({ CriticalNotices: 1, KeysNotStored: 1 });
  });
});
