// Delivery of a pipe's records to the bus, ten per PutEvents call, with retries and a dead-letter queue.
import type { PutResult } from './bus.ts';
import type { Entry } from './event.ts';
import type { PipeDefinition } from './pipe-definition.ts';
import type { Pause, Queues } from './event-ports.ts';
import type { StreamRecord } from './stream.ts';

type PipeTargetOptions = {
  readonly pipe: PipeDefinition;
  readonly put: (
    busArn: string,
    entries: readonly Entry[],
    signal: AbortSignal,
  ) => Promise<readonly PutResult[]>;
  /** @throws if the pipe's role lacks the permission. */
  readonly permit: (action: string, resource: string) => void;
  readonly queues: Queues;
  readonly pause: Pause;
  readonly onProblem: (line: string) => void;
};

/** Settles when every record is delivered or in the dead-letter queue; rejects only if the signal aborts first. */
export type HandOver = (
  shard: string,
  records: readonly StreamRecord[],
  signal: AbortSignal,
) => Promise<void>;

/** Entries per PutEvents call. */
const ENTRIES_PER_CALL = 10;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

export function createPipeTarget(options: PipeTargetOptions): HandOver {
  const { pipe, put, permit, queues, pause, onProblem } = options;

  /** The records that the bus rejected, and the reason. */
  async function attempt(records: readonly StreamRecord[], signal: AbortSignal) {
    try {
      permit('events:PutEvents', pipe.busArn);
      const results = await put(pipe.busArn, records.map(pipe.toBusEntry), signal);
      const why = results.find(({ error }) => error !== undefined)?.error ?? '';
      return { left: records.filter((_record, index) => results[index]?.error !== undefined), why };
    } catch (error) {
      signal.throwIfAborted();
      return { left: records, why: error instanceof Error ? error.message : String(error) };
    }
  }

  async function handOverCall(shard: string, records: readonly StreamRecord[], signal: AbortSignal) {
    let pauseMs = FIRST_PAUSE_MS;
    let left = records;
    for (let retries = 0; ; retries++) {
      const result = await attempt(left, signal);
      left = result.left;
      if (left.length === 0) return;
      onProblem(`${pipe.name} cannot deliver ${left.length} records: ${result.why}`);
      if (pipe.maximumRetryAttempts >= 0 && retries >= pipe.maximumRetryAttempts)
        return setAside(shard, left);
      await pause(pauseMs, signal);
      signal.throwIfAborted();
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  }

  /** As on AWS, the message contains the records' position in the stream, not the records. */
  function setAside(shard: string, records: readonly StreamRecord[]) {
    if (pipe.deadLetterArn === undefined) {
      onProblem(`${pipe.name} drops ${records.length} records: there is no dead-letter queue.`);
      return;
    }
    permit('sqs:SendMessage', pipe.deadLetterArn);
    const times = records.map(({ dynamodb }) => (dynamodb.ApproximateCreationDateTime ?? 0) * 1000);
    const body = {
      context: { partnerResourceArn: pipe.arn, condition: 'RetryAttemptsExhausted' },
      version: '1.0',
      timestamp: new Date().toISOString(),
      DDBStreamBatchInfo: {
        shardId: shard,
        startSequenceNumber: records.at(0)?.dynamodb.SequenceNumber,
        endSequenceNumber: records.at(-1)?.dynamodb.SequenceNumber,
        approximateArrivalOfFirstRecord: new Date(Math.min(...times)).toISOString(),
        approximateArrivalOfLastRecord: new Date(Math.max(...times)).toISOString(),
        batchSize: records.length,
        streamArn: pipe.streamArn,
      },
    };
    queues.send(pipe.deadLetterArn, JSON.stringify(body), {});
  }

  return async function handOver(shard, records, signal) {
    const wanted = records.filter(pipe.passes);
    for (let at = 0; at < wanted.length; at += ENTRIES_PER_CALL) {
      await handOverCall(shard, wanted.slice(at, at + ENTRIES_PER_CALL), signal);
    }
  };
}
