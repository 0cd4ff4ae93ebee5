// The AWS calls of one request, kept and made again: the same ones in the same order, as far side by side as they were, but
// for another owner, another request and another time. What a handler that does nothing else has to wait for.
import {
  BatchGetCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';

import { newUlid } from '#shared/core/ulid.ts';

/** `at`: milliseconds since the epoch. */
export type Call = { readonly ownerId: string; readonly requestId: string; readonly at: number };

type Sent = { readonly input: object; output?: unknown; readonly began: number; ended: number };
export type Recording = {
  readonly call: Call;
  readonly sent: readonly Sent[];
  /** When the first piece of the answer left, by the same clock as `sent`. */
  readonly opened: number;
};

type Send = (command: { readonly input: object }, ...rest: readonly unknown[]) => Promise<unknown>;

export function recorderOf(client: DynamoDBDocumentClient) {
  const db = client as unknown as { send: Send };
  const { send } = db;
  const sent: Sent[] = [];
  let opened = Number.POSITIVE_INFINITY;
  db.send = async (command, ...rest) => {
    const input = JSON.parse(JSON.stringify(command.input)) as object;
    const entry: Sent = { input, began: performance.now(), ended: Number.POSITIVE_INFINITY };
    sent.push(entry);
    try {
      entry.output = await send.call(client, command, ...rest);
      return entry.output;
    } finally {
      entry.ended = performance.now();
    }
  };
  return {
    opened: () => {
      opened = Math.min(opened, performance.now());
    },
    end(call: Call): Recording {
      db.send = send;
      return { call, sent, opened: Math.min(opened, performance.now()) };
    },
  };
}

/** The answers at hand: until what is returned is called, nobody is asked what was asked before. */
export function answerFrom(client: DynamoDBDocumentClient, { sent }: Recording): () => void {
  const db = client as unknown as { send: Send };
  const { send } = db;
  const left = [...sent];
  db.send = (command, ...rest) => {
    const at = left.findIndex(({ input }) => kindOf(input) === kindOf(command.input));
    const [known] = at < 0 ? [] : left.splice(at, 1);
    return known ? Promise.resolve(known.output) : send.call(client, command, ...rest);
  };
  return () => {
    db.send = send;
  };
}

/** Names do not survive the minifier; the inputs tell. */
const COMMANDS = {
  TransactItems: TransactWriteCommand,
  RequestItems: BatchGetCommand,
  KeyConditionExpression: QueryCommand,
  UpdateExpression: UpdateCommand,
  Item: PutCommand,
  Key: GetCommand,
} as const;
type Kind = keyof typeof COMMANDS;
const KINDS = Object.keys(COMMANDS) as Kind[];

const kindOf = (input: object): Kind => KINDS.find((kind) => kind in input) ?? 'Key';
const commandOf = (input: object) => new COMMANDS[kindOf(input)](input as never);

const ULID = /\b0[0-9A-HJKMNP-TV-Z]{25}\b/g;
const isMicroseconds = (value: number) => value > 1e15;
const isMilliseconds = (value: number) => value > 1e12 && value < 1e14;

/** The same for this call: its owner, its ids, its time. Conditions that held then hold again. */
function renewed(input: object, from: Call, to: Call): object {
  const passed = to.at - from.at;
  const text = (value: string) =>
    value
      .replaceAll(from.ownerId, to.ownerId)
      .replaceAll(from.requestId, to.requestId)
      .replaceAll(ULID, () => newUlid(to.at));
  const time = (value: number) => {
    if (isMicroseconds(value)) return value + passed * 1000;
    return isMilliseconds(value) ? value + passed : value;
  };
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value);
    if (typeof value === 'number') return time(value);
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [text(name), walk(part)]));
  };
  return walk(input) as object;
}

export function replayOf(client: DynamoDBDocumentClient, { call, sent, opened }: Recording, now: Call) {
  const done: Promise<unknown>[] = [];
  const start = async ({ input, began }: Sent) => {
    const awaited = done.filter((_, index) => (sent[index]?.ended ?? 0) <= began);
    await Promise.all(awaited);
    await client.send(commandOf(renewed(input, call, now)) as GetCommand);
  };
  const make = async (some: readonly Sent[]) => {
    for (const one of some) done.push(start(one));
    await Promise.all(done);
  };
  return {
    /** Those that stood before the first piece of the answer. */
    before: () => make(sent.filter(({ began }) => began < opened)),
    after: () => make(sent.filter(({ began }) => began >= opened)),
  };
}
