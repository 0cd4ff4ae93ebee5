// Consumers, schedules and jobs: what they throw is logged as it is, so it says nothing of what failed.
import type { Context, EventBridgeEvent } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';

import { consumer, scheduled } from '#functions/edge/event.ts';
import { operatorJob } from '#functions/edge/operator-job.ts';
import { AppError } from '#shared/core/errors.ts';

import { useLog } from './captured-log.ts';

const CANARY = 'canary-7f3a-secret';
const lines = useLog();

const context = {
  functionName: 'f',
  awsRequestId: 'aws-1',
  getRemainingTimeInMillis: () => 60_000,
} as Context;
const eventOf = (detail: unknown, more: object = {}) =>
  ({ id: 'e1', 'detail-type': 't', time: '2026-11-22T05:15:00Z', detail, ...more }) as EventBridgeEvent<
    string,
    unknown
  >;
const failing = async (): Promise<never> => {
  throw Object.assign(new Error(CANARY, { cause: CANARY }), { detail: CANARY });
};

async function thrownBy(work: Promise<unknown>): Promise<Error> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof Error)) throw new Error('Nothing was thrown.');
  return thrown;
}

const showsNothing = (error: Error) => {
  expect(error.cause).toBeUndefined();
  expect(`${error.stack} ${JSON.stringify(error)} ${lines.join('')}`).not.toContain('canary');
};

describe('a consumer of events', () => {
  const Detail = z.object({ name: z.string() });

  it('hands on the detail of an event', async () => {
    const seen: unknown[] = [];
    await consumer(Detail, async (detail) => seen.push(detail))(eventOf({ name: 'a', more: 1 }), context);
    expect(seen).toEqual([{ name: 'a' }]);
  });

  it('fails for an event of another shape, quoting nothing of it', async () => {
    const handler = consumer(Detail, async () => undefined);
    const error = await thrownBy(handler(eventOf({ name: { [CANARY]: CANARY } }), context));
    expect(error.message).toBe('The event has an unknown shape.');
    expect(lines.join('')).toContain('invalid event');
    showsNothing(error);
  });

  it('fails where its work fails, so that the event is delivered again, and says only where', async () => {
    const error = await thrownBy(consumer(Detail, failing)(eventOf({ name: 'a' }), context));
    expect(error.message).toBe('The event could not be consumed.');
    expect(lines.join('')).toContain('event processing failed');
    showsNothing(error);
  });
});

describe('a scheduled run', () => {
  it('goes by the time it was due', async () => {
    const runs: unknown[] = [];
    const handler = scheduled(async ({ nowMs, requestId }) => {
      runs.push([nowMs, requestId]);
      return { counts: { told: 2 }, failed: 0 };
    });
    await handler(eventOf({}), context);
    expect(runs).toEqual([[Date.parse('2026-11-22T05:15:00Z'), 'e1']]);
    expect(lines.join('')).toContain('"told":2');
  });

  it('is not completed where one item failed, and says only where', async () => {
    const handler = scheduled(async ({ onFailure }) => {
      onFailure(new TypeError(CANARY));
      return { counts: { told: 1 }, failed: 1 };
    });
    const error = await thrownBy(handler(eventOf({}), context));
    expect(error.message).toBe('A scheduled run was not completed.');
    expect(lines.join('')).toContain('"told":1');
    showsNothing(error);
  });

  it('is not completed where it broke as a whole', async () => {
    const error = await thrownBy(scheduled(failing)(eventOf({}), context));
    expect(error.message).toBe('A scheduled run was not completed.');
    showsNothing(error);
  });
});

describe('a job', () => {
  const Order = z.strictObject({ to: z.literal('a') });

  it('answers with what its work answers', async () => {
    expect(await operatorJob(Order, async ({ to }) => ({ to }))({ to: 'a' }, context)).toEqual({ to: 'a' });
  });

  it('names what is wrong with an order, and quotes no value', async () => {
    const error = await thrownBy(operatorJob(Order, async () => ({}))({ to: CANARY }, context));
    expect(error.message).toMatch(/^The order is not valid: .*"to"/);
    showsNothing(error);
  });

  it('says a rejection of ours, and of a failure only that something went wrong', async () => {
    const rejected = operatorJob(Order, async () =>
      Promise.reject(new AppError('conflict', 'Another job runs.')),
    );
    expect((await thrownBy(rejected({ to: 'a' }, context))).message).toBe('conflict: Another job runs.');
    const error = await thrownBy(operatorJob(Order, failing)({ to: 'a' }, context));
    expect(error.message).toBe('internal: Internal error.');
    showsNothing(error);
  });
});
