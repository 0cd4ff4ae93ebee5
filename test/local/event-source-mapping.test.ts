// A batch of a stream's records to a function, under Lambda's rules for event source mappings.
import { describe, expect, it } from 'vitest';

import { createMappingTarget, readMapping } from '#local/events/event-source-mapping.ts';
import type { StreamRecord } from '#local/events/stream.ts';

const functionArn = 'arn:aws:lambda:eu-central-1:000000000000:function:counter';
const queueArn = 'arn:aws:sqs:eu-central-1:000000000000:failed';
const properties = {
  FunctionName: 'counter',
  EventSourceArn: 'arn:aws:dynamodb:eu-central-1:000000000000:table/audit/stream/2026-11-28T00:00:00.000',
  StartingPosition: 'TRIM_HORIZON',
  FunctionResponseTypes: ['ReportBatchItemFailures'],
  MaximumRetryAttempts: 2,
  DestinationConfig: { OnFailure: { Destination: queueArn } },
};

const record = (n: number, eventName = 'INSERT'): StreamRecord => ({
  eventName,
  dynamodb: { SequenceNumber: String(n) },
});

type Response = { readonly functionError?: string; readonly payload?: unknown };

function given(answer: (sequence: readonly string[]) => Response, more: object = {}, maySend = true) {
  const batches: string[][] = [];
  const messages: { readonly [name: string]: any }[] = []; // oxlint-disable-line typescript/no-explicit-any -- a message is JSON
  const handOver = createMappingTarget({
    mapping: readMapping('source', { ...properties, ...more }, () => functionArn),
    functions: {
      async invoke(_arn, payload) {
        const { Records } = payload as { Records: readonly StreamRecord[] };
        const sequence = Records.map(({ dynamodb }) => dynamodb.SequenceNumber);
        batches.push(sequence);
        return answer(sequence);
      },
      mayInvoke: () => true,
      functions: () => [{ arn: functionArn, roleArn: 'arn:aws:iam::000000000000:role/counter' }],
    },
    iam: { authorize: () => (maySend ? { allowed: true } : { allowed: false, message: 'denied' }) },
    queues: { send: (_queue, body) => void messages.push(JSON.parse(body)), admits: () => true },
    pause: async () => {},
    onProblem: () => {},
  });
  const deliver = (...records: StreamRecord[]) => handOver('shard-1', records, new AbortController().signal);
  return { deliver, batches, messages };
}

const failing = (itemIdentifier: string) => ({ payload: { batchItemFailures: [{ itemIdentifier }] } });

const failingOnThree = (sequence: readonly string[]): Response =>
  sequence.includes('3') ? { functionError: 'Unhandled' } : {};
const read = (more: object) => () => readMapping('source', { ...properties, ...more }, () => functionArn);

describe('an event source mapping', () => {
  it('hands over what passes its filter, and nothing where nothing passes', async () => {
    const filter = { FilterCriteria: { Filters: [{ Pattern: JSON.stringify({ eventName: ['INSERT'] }) }] } };
    const { deliver, batches } = given(() => ({ payload: { batchItemFailures: [] } }), filter);
    await deliver(record(1), record(2, 'MODIFY'), record(3));
    await deliver(record(4, 'REMOVE'));
    expect(batches).toEqual([['1', '3']]);
  });

  it('continues at the first record that a partial response names', async () => {
    let calls = 0;
    const { deliver, batches, messages } = given(() => (calls++ === 0 ? failing('2') : { payload: null }));
    await deliver(record(1), record(2), record(3));
    expect(batches).toEqual([
      ['1', '2', '3'],
      ['2', '3'],
    ]);
    expect(messages).toEqual([]);
  });

  it.each([
    ['an error of the function', { functionError: 'Unhandled' }],
    ['a response that names no record of the batch', failing('7')],
    ['a response without the documented form', { payload: { batchItemFailures: 'all' } }],
  ])(
    'takes %s for the failure of all records, and describes them after the last attempt',
    async (_what, answer) => {
      const { deliver, batches, messages } = given(() => answer);
      await deliver(record(1), record(2));
      expect(batches).toEqual([
        ['1', '2'],
        ['1', '2'],
        ['1', '2'],
      ]);
      expect(messages).toMatchObject([
        {
          requestContext: { condition: 'RetryAttemptsExhausted', functionArn },
          DDBStreamBatchInfo: {
            startSequenceNumber: '1',
            endSequenceNumber: '2',
            batchSize: 2,
            shardId: 'shard-1',
          },
        },
      ]);
    },
  );

  it('halves a failed batch until the failing record is alone, if so configured', async () => {
    const { deliver, batches, messages } = given(failingOnThree, { BisectBatchOnFunctionError: true });
    await deliver(record(1), record(2), record(3), record(4));
    expect(batches).toEqual([['1', '2', '3', '4'], ['1', '2'], ['3', '4'], ['3'], ['3'], ['3'], ['4']]);
    expect(messages).toMatchObject([{ DDBStreamBatchInfo: { startSequenceNumber: '3', batchSize: 1 } }]);
  });

  it('ignores the response where the mapping does not report item failures', async () => {
    const { deliver, batches } = given(() => failing('1'), { FunctionResponseTypes: [] });
    await deliver(record(1));
    expect(batches).toEqual([['1']]);
  });

  it('sends nothing to a queue to which the role of the function may not send', async () => {
    const { deliver, messages } = given(() => ({ functionError: 'Unhandled' }), {}, false);
    await deliver(record(1));
    expect(messages).toEqual([]);
  });

  it('is refused with a property or a source that is not supported', () => {
    expect(read({ TumblingWindowInSeconds: 5 })).toThrow(/TumblingWindowInSeconds/);
    expect(read({ EventSourceArn: queueArn })).toThrow(/Only DynamoDB streams/);
  });
});
