// Ledgers on the control table: pk `LEDGER#<ownerId>`, sk `ledger`, one item per owner. Each gauge is an attribute,
// `used:day.calls`, so that a change can add to one without reading the others; `open` is a map by request id.
import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import type { Write } from '#shared/core/write.ts';
import { type Change, LedgerConflict, type LedgerStore } from '#shared/limits/ledger-change.ts';
import { type Counts, type Ledger, MAX_OPEN } from '#shared/limits/ledger.ts';

import { write } from './transaction.ts';

const Hold = z.object({
  provider: z.string(),
  token: z.string().optional(),
  microUsd: z.number(),
  day: z.string(),
  until: z.number(),
});
const Budget = z.object({ dayMicroUsd: z.number().optional(), monthMicroUsd: z.number().optional() });

/** An owner who set a budget before the first call has only these attributes. */
const Row = z.object({
  revision: z.number(),
  day: z.string().default(''),
  open: z.record(z.string(), Hold).default({}),
  budget: Budget.default({}),
  budgetRevision: z.number().default(0),
});

const KINDS = ['used', 'spent', 'warned'] as const;
type Kind = (typeof KINDS)[number];

const attribute = (kind: Kind, gauge: string) => `${kind}:${gauge}`;

function countsIn(item: Readonly<Record<string, unknown>>, kind: Kind): Counts {
  const own = Object.entries(item).filter(([name]) => name.startsWith(`${kind}:`));
  return Object.fromEntries(
    own.map(([name, value]) => [name.slice(kind.length + 1), z.number().parse(value)]),
  );
}

const ledgerIn = (item: Readonly<Record<string, unknown>>): Ledger => ({
  ...Row.parse(item),
  used: countsIn(item, 'used'),
  spent: countsIn(item, 'spent'),
  warned: countsIn(item, 'warned'),
});

const ledgerKey = (ownerId: string) => ({ pk: `LEDGER#${ownerId}`, sk: 'ledger' });

const moved = (current?: Readonly<Record<string, unknown>>) =>
  new LedgerConflict(current && ledgerIn(current));

/** Collects names and values of an expression under short placeholders. */
function placeholders() {
  const names: Record<string, string> = {};
  const values: Record<string, unknown> = {};
  return {
    name: (attributeName: string): string => {
      const placeholder = `#n${Object.keys(names).length}`;
      names[placeholder] = attributeName;
      return placeholder;
    },
    value: (given: unknown): string => {
      const placeholder = `:v${Object.keys(values).length}`;
      values[placeholder] = given;
      return placeholder;
    },
    all: { ExpressionAttributeNames: names, ExpressionAttributeValues: values },
  };
}

function toUpdate(change: Change) {
  const { name, value, all } = placeholders();
  const added = (['used', 'spent'] as const).flatMap((kind) =>
    Object.entries(change[kind])
      .filter(([, by]) => by !== 0)
      .map(([gauge, by]) => `${name(attribute(kind, gauge))} ${value(by)}`),
  );
  const [kind, bounds]: [Kind, Counts] =
    'used' in change.atMost ? ['used', change.atMost.used] : ['spent', change.atMost.spent];
  const bounded = Object.entries(bounds).map(
    ([gauge, most]) => `${name(attribute(kind, gauge))} <= ${value(most)}`,
  );
  const open = name('open');
  const [id, opens] =
    'opens' in change ? [change.opens.id, value(change.opens.hold)] : [change.closes, undefined];
  const entry = `${open}.${name(id)}`;
  const conditions = [
    `${name('day')} = ${value(change.day)}`,
    `${name('budgetRevision')} = ${value(change.budgetRevision)}`,
    ...(opens
      ? [`attribute_not_exists(${entry})`, `size(${open}) < ${value(MAX_OPEN)}`]
      : [`attribute_exists(${entry})`]),
    ...bounded,
  ];
  return {
    UpdateExpression: [
      `ADD ${[...added, `${name('revision')} ${value(1)}`].join(', ')}`,
      opens ? `SET ${entry} = ${opens}` : `REMOVE ${entry}`,
    ].join(' '),
    ConditionExpression: conditions.join(' AND '),
    ...all,
  };
}

function toItem({ used, spent, warned, ...rest }: Ledger) {
  const counts = KINDS.flatMap((kind) =>
    Object.entries({ used, spent, warned }[kind]).map(([gauge, value]) => [attribute(kind, gauge), value]),
  );
  return { ...rest, ...Object.fromEntries(counts) };
}

export function ledgerTable(db: DynamoDBDocumentClient, TableName: string): LedgerStore {
  return {
    async find(ownerId) {
      const { Item } = await db.send(
        new GetCommand({ TableName, Key: ledgerKey(ownerId), ConsistentRead: true }),
      );
      return Item && ledgerIn(Item);
    },

    change: (ownerId, change) =>
      write({ Update: { TableName, Key: ledgerKey(ownerId), ...toUpdate(change) } }, moved),

    replace(ownerId, ledger) {
      const Item = { ...ledgerKey(ownerId), ...toItem(ledger), revision: ledger.revision + 1 };
      const seen = {
        ConditionExpression: 'revision = :seen',
        ExpressionAttributeValues: { ':seen': ledger.revision },
      };
      const none = { ConditionExpression: 'attribute_not_exists(pk)' };
      return write({ Put: { TableName, Item, ...(ledger.revision === 0 ? none : seen) } }, moved);
    },

    setBudget: (ownerId, budget) =>
      write(
        {
          Update: {
            TableName,
            Key: ledgerKey(ownerId),
            UpdateExpression:
              'ADD revision :one, budgetRevision :one SET budget = :budget REMOVE #day, #month',
            ExpressionAttributeNames: {
              '#day': attribute('warned', 'day.microUsd'),
              '#month': attribute('warned', 'month.microUsd'),
            },
            ExpressionAttributeValues: { ':one': 1, ':budget': budget },
          },
        },
        () => new AppError('internal'), // it has no condition to fail
      ),
  };
}

/** Deletes an owner's ledger, if there is one. */
export const removeLedger =
  (TableName: string) =>
  (ownerId: OwnerId): Write =>
    write(
      { Delete: { TableName, Key: ledgerKey(ownerId) } },
      () => new AppError('internal'), // it has no condition to fail
    );
