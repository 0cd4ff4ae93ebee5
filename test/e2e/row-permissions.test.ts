import { BatchWriteItemCommand } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteCommand,
} from '@aws-sdk/lib-dynamodb';
import { beforeAll, expect, it } from 'vitest';

import { authorizer, eventFunctions } from '#functions/events.ts';
import { routes } from '#functions/routes.ts';
import { permitted, readsSecret, type Send, tablesAs, updateOf } from '#test/support/role-clients.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

type Table = 'vault' | 'content' | 'control' | 'cache' | 'audit';

/** An owner who never called: rows of this test harm nobody. */
const OWNER = 'x'.repeat(27);
const sk = 'of-this-test';

/** Attributes that some role may update there, and one that none may name. */
const ATTRIBUTES: Readonly<Record<Table, readonly string[]>> = {
  vault: ['prev', 'unheardOf'],
  content: ['text', 'read_at', 'a:b', 'unheardOf'],
  control: ['issuedAt', 'revokedAt', 'n', 'budget', 'unheardOf'],
  cache: ['unheardOf'],
  audit: ['unheardOf'],
};
/** Puts of a whole row that some role may be permitted. */
const ITEMS: Readonly<Record<Table, readonly object[]>> = {
  vault: [{ unheardOf: 1 }],
  content: [
    { unheardOf: 1 },
    { confidence: 1 },
    { answered: true },
    { fmt: 1, revision: 1, doc: '{}' },
    { version: 1 },
  ],
  control: [{ unheardOf: 1 }],
  cache: [{ unheardOf: 1 }],
  audit: [{ unheardOf: 1 }],
};

const writes = (table: Table, TableName: string, pk: string): Send[] => [
  ...ITEMS[table].flatMap((more): Send[] => {
    const Put = { TableName, Item: { pk, sk, ...more } };
    return [
      (db) => db.send(new PutCommand(Put)),
      (db) => db.send(new TransactWriteCommand({ TransactItems: [{ Put }] })),
    ];
  }),
  ...ATTRIBUTES[table].map(
    (name): Send =>
      (db) =>
        db.send(updateOf(TableName, { pk, sk }, name)),
  ),
  (db) => db.send(new DeleteCommand({ TableName, Key: { pk, sk } })),
  (db) =>
    db.send(
      new BatchWriteItemCommand({
        RequestItems: { [TableName]: [{ DeleteRequest: { Key: { pk: { S: pk }, sk: { S: sk } } } }] },
      }),
    ),
];

const reads = (TableName: string, pk: string): Send[] => [
  (db) => db.send(new GetCommand({ TableName, Key: { pk, sk } })),
  (db) => db.send(new BatchGetCommand({ RequestItems: { [TableName]: { Keys: [{ pk, sk }] } } })),
  (db) =>
    db.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': pk },
      }),
    ),
  (db) =>
    db.send(
      new TransactWriteCommand({
        TransactItems: [
          {
            ConditionCheck: {
              TableName,
              Key: { pk, sk },
              ConditionExpression: 'attribute_not_exists(nothing)',
            },
          },
        ],
      }),
    ),
];

const names = [...routes, authorizer, ...eventFunctions].map(({ name }) => name);
const withNeed = (need: string): string[] =>
  [...routes, authorizer, ...eventFunctions]
    .filter(({ needs }) => (needs as readonly string[]).includes(need))
    .map(({ name }) => name);
const callers = withNeed('sessions:check');
const TOOL_CALLS = ['mcp', 'tools-invoke'];
const AI_CALLS = [...TOOL_CALLS, 'completions', 'embeddings', 'messages', 'messages-count', 'responses'];
const CACHED = AI_CALLS.filter((name) => name !== 'messages-count');
const TOOL_CHANGES = ['tools-register', 'tools-review', 'tools-delete'];
const LEAKS = withNeed('exposure:find');
const ENDS_SESSIONS = ['sessions-revoke', 'sessions-revoke-all', 'admin-sessions-revoke', 'account-erase'];

/** By table and partition: the only roles that may touch its rows, each by at least one operation. */
const ALLOWED: readonly (readonly [Table, string, { write: readonly string[]; read: readonly string[] }])[] =
  [
    ['control', `IDEM#${OWNER}`, { write: withNeed('idempotency:use'), read: withNeed('idempotency:use') }],
    ['cache', 'PUBLIC', { write: [...CACHED, 'cache-invalidate'], read: CACHED }],
    ['cache', 'GLOBAL', { write: ['cache-invalidate'], read: CACHED }],
    ['control', `RATE#${OWNER}`, { write: AI_CALLS, read: [] }],
    [
      'control',
      `LEDGER#${OWNER}`,
      { write: [...AI_CALLS, 'preferences-write', 'account-erase'], read: [...TOOL_CALLS, 'usage-read'] },
    ],
    [
      'cache',
      `U#${OWNER}`,
      {
        write: [...CACHED, ...withNeed('cache:invalidate'), 'cache-invalidate', 'account-erase'],
        read: [...CACHED, 'account-erase'],
      },
    ],
    ['control', 'LEASE#renewal', { write: [...AI_CALLS, 'tools-register', 'on-audit-seal'], read: [] }],
    ['control', 'CIRCUIT#providers', { write: withNeed('breakers:use'), read: withNeed('breakers:use') }],
    ['control', `SESSION#${OWNER}`, { write: callers, read: callers }],
    ['control', `REVOKED#${OWNER}`, { write: [...ENDS_SESSIONS, ...LEAKS, 'tokens-revoke'], read: callers }],
    [
      'control',
      `TOKENS#${OWNER}`,
      {
        write: ['tokens-create', 'tokens-revoke', ...LEAKS, 'account-erase'],
        read: ['authorizer', ...LEAKS, 'tokens-create', 'tokens-list', 'account-erase'],
      },
    ],
    ['control', `REFUSED#${OWNER}`, { write: withNeed('audit:write'), read: ['usage-history'] }],
    ['control', 'LIMITS', { write: ['limits-change'], read: [...AI_CALLS, 'limits-read'] }],
    ['control', 'JWKS#https://issuer.example.com/jwks', { write: ['on-issuer-keys'], read: ['authorizer'] }],
    ['control', 'KMS#2026-11-28', { write: ['on-key-opened'], read: ['on-decrypt-reconciliation'] }],
    ['control', 'EVENT#1', { write: [], read: [] }],
    [
      'control',
      `ERASED#${OWNER}`,
      { write: ['account-erase'], read: ['account-erase', 'on-audit-recorded'] },
    ],
    ['control', 'REWRAP#key', { write: ['on-rewrap'], read: ['on-rewrap'] }],
    // Neighbours: beginnings of names, other cases, rows of other tables.
    ...['LIMITS#1', 'jwks#1', `U#${OWNER}`, 'SHARED', 'NEW#1'].map(
      (pk) => ['control', pk, { write: [], read: [] }] as const,
    ),
    [
      'content',
      `U#${OWNER}`,
      {
        write: [
          ...AI_CALLS,
          ...TOOL_CHANGES,
          'preferences-write',
          'feedback-give',
          'notices-read',
          'keys-store',
          'account-erase',
          'on-audit-export',
          'on-audit-recorded',
          'on-audit-tampered',
          ...LEAKS,
          'on-expiry-sweep',
          'on-decrypt-reconciliation',
        ],
        read: [
          ...AI_CALLS,
          ...TOOL_CHANGES,
          'tools-list',
          'tools-read',
          'preferences-read',
          'preferences-write',
          'usage-history',
          'account-erase',
        ],
      },
    ],
    [
      'content',
      'SHARED',
      {
        write: [...TOOL_CALLS, ...TOOL_CHANGES], // a call quarantines a tool that has changed
        read: [...TOOL_CALLS, ...TOOL_CHANGES, 'tools-list', 'tools-read'],
      },
    ],
    [
      'content',
      'REPORTS',
      { write: ['on-daily-report'], read: [...withNeed('reports:read'), 'on-daily-report'] },
    ],
    ['content', 'FEEDBACK#2026-11-28', { write: ['feedback-give'], read: ['on-daily-report'] }],
    ...['SHARED#1', 'SESSION#1'].map((pk) => ['content', pk, { write: [], read: [] }] as const),
    ...(['vault', 'audit'] as const).flatMap((table) =>
      ['SHARED', 'LIMITS'].map((pk) => [table, pk, { write: [], read: [] }] as const),
    ),
    [
      'audit',
      `U#${OWNER}`,
      {
        write: withNeed('audit:write'),
        read: [
          ...withNeed('audit:read'),
          'on-audit-export',
          'on-audit-tampered',
          'on-decrypt-reconciliation',
        ],
      },
    ],
  ];

onEngine('a role, by its own credentials,', () => {
  const portunus = usePortunus();
  const clients = new Map<string, DynamoDBDocumentClient>();
  const as = (name: string): DynamoDBDocumentClient => {
    const client = clients.get(name);
    if (!client) throw new Error(`Nobody acts as ${name}.`);
    return client;
  };
  beforeAll(() => {
    for (const name of names) clients.set(name, tablesAs(portunus.current, name));
  });

  const reader = (variable: string) => async (name: string) =>
    (await readsSecret(portunus.current, name, variable)) ? [name] : [];
  const readers = async (variable: string) =>
    (await Promise.all(names.map(reader(variable)))).flat().toSorted();
  const rolesThat = async (sends: readonly Send[]): Promise<string[]> => {
    const able: string[] = [];
    for (const name of names) {
      const verdicts = await Promise.all(sends.map((send) => permitted(send(as(name)))));
      if (verdicts.includes(true)) able.push(name);
    }
    return able.toSorted();
  };

  it.each(ALLOWED)(
    'touches rows of %s under %s only if it is one of those that need them',
    async (table, pk, { write, read }) => {
      const TableName = portunus.current.tableName(table);
      expect(await rolesThat(writes(table, TableName, pk))).toEqual([...new Set(write)].toSorted());
      expect(await rolesThat(reads(TableName, pk))).toEqual([...new Set(read)].toSorted());
    },
  );

  it.each(['vault', 'content', 'control', 'audit'] as const)(
    'scans no table, but for the rewrap job the vault: %s',
    async (table) => {
      const TableName = portunus.current.tableName(table);
      const scans: Send[] = [
        (db) => db.send(new ScanCommand({ TableName, Limit: 1 })),
        (db) =>
          db.send(
            new ScanCommand({
              TableName,
              Limit: 1,
              FilterExpression: 'pk = :pk',
              ExpressionAttributeValues: { ':pk': `U#${OWNER}` },
            }),
          ),
      ];
      expect(await rolesThat(scans)).toEqual(table === 'vault' ? ['on-rewrap'] : []);
    },
  );

  it('reads the secret that seals signing keys only as the authorizer or the job that saves them', async () => {
    expect(await readers('ISSUER_KEY_SECRET_ARN')).toEqual(['authorizer', 'on-issuer-keys']);
    expect(await readers('STAGE_SECRET_ARN')).toEqual(
      [...withNeed('idempotency:use'), ...LEAKS, 'authorizer'].toSorted(),
    );
  });
});
