// A whole Portunus of one's own: the local stack on free ports in a temporary folder, and people who call it.
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';

import { type Stack, type StackOptions, startStack } from '#local/stack.ts';
import { buildAssembly } from '#scripts/build.ts';

export const engine = process.env['DDB_ENGINE'] === 'dynamodb-local' ? 'dynamodb-local' : 'dynoxide';

export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // Test code reads answers field by field; each expectation is its type check.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
};

export type Person = {
  readonly name: string;
  readonly token: string;
  readonly get: (path: string) => Promise<Answer>;
  readonly post: (path: string, body: unknown) => Promise<Answer>;
  readonly put: (path: string, body: unknown) => Promise<Answer>;
  readonly delete: (path: string) => Promise<Answer>;
  readonly invoke: (tool: string, parameters?: unknown) => Promise<Answer>;
};

export type Portunus = Stack & {
  readonly home: string;
  readonly person: (name: string, options?: Record<string, unknown>) => Promise<Person>;
  readonly request: (method: string, path: string, init?: RequestInit) => Promise<Answer>;
  /** Every answer that anybody got, for searching. */
  readonly answers: readonly string[];
  readonly rows: (
    table: 'vault' | 'content' | 'control' | 'cache' | 'audit',
  ) => Promise<Record<string, unknown>[]>;
  readonly db: DynamoDBDocumentClient;
  readonly tableName: (table: string) => string;
};

/** Root access to the engine, past the local IAM: what an insider with a table in hand would see and do. */
const rootClient = (endpoint: string) =>
  DynamoDBDocumentClient.from(
    new DynamoDBClient({
      endpoint,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'root', secretAccessKey: 'root' },
    }),
  );

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

function outfit(stack: Stack, home: string): Portunus {
  const answers: string[] = [];
  const db = rootClient(stack.dynamo.endpoint);

  const request: Portunus['request'] = async (method, path, init = {}) => {
    const response = await fetch(`${stack.url}${path}`, { method, ...init });
    const text = await response.text();
    answers.push(`${response.status} ${JSON.stringify([...response.headers])} ${text}`);
    return { status: response.status, headers: response.headers, text, body: parsed(text) };
  };

  const person: Portunus['person'] = async (name, options = {}) => {
    const token = await stack.issuer.mint({ sub: name, ...options });
    const authorization = `Bearer ${token}`;
    const send = (method: string) => (path: string, body: unknown) =>
      request(method, path, {
        headers: { authorization, 'content-type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
    const post = send('POST');
    return {
      name,
      token,
      put: send('PUT'),
      get: (path) => request('GET', path, { headers: { authorization } }),
      delete: (path) => request('DELETE', path, { headers: { authorization } }),
      post,
      invoke: (tool, parameters = {}) => post('/mcp/tools/invoke', { tool_name: tool, parameters }),
    };
  };

  const tableName = (table: string) => {
    const found = Object.entries(stack.dynamo.tables()).find(([id]) => id.toLowerCase().startsWith(table));
    if (!found) throw new Error(`The stack has no table called ${table}.`);
    return found[1];
  };

  const rows: Portunus['rows'] = async (table) => {
    const found: Record<string, unknown>[] = [];
    for await (const { Items = [] } of paginateScan({ client: db }, { TableName: tableName(table) })) {
      found.push(...Items);
    }
    return found;
  };

  return { ...stack, home, person, request, answers, rows, db, tableName };
}

export const newHome = () => mkdtemp(join(tmpdir(), 'portunus-'));

export async function startPortunus(options: Partial<StackOptions> = {}): Promise<Portunus> {
  const home = options.home ?? (await newHome());
  const assembly = options.assembly ?? (await buildAssembly({ stage: 'local' }));
  // The scanner of logs would run beside every test: those of exposure turn it on.
  return outfit(
    await startStack({ home, port: 0, engine, logSubscriptions: false, ...options, assembly }),
    home,
  );
}

/** Requests for an answer that reached the provider, without validations of keys. */
export const providerChats = ({ provider }: Stack) =>
  provider?.journal().filter(({ path }) => !/\/models(?:\?|$)/.test(path)) ?? [];

const KEY_STARTS = {
  openai: 'sk-proj-',
  anthropic: 'sk-ant-api03-',
  google: 'AIza',
  mistral: '',
  compatible: 'srv_',
};
const KEY_LENGTHS: Readonly<Record<string, number>> = { google: 35, mistral: 32 };

/** A key in a provider's shape that exists nowhere else: wherever a part of it turns up, it leaked from here. */
export const canaryKey = (
  provider: keyof typeof KEY_STARTS,
  length = KEY_LENGTHS[provider] ?? 48,
): string => {
  const random = Array.from({ length }, () => Math.floor(Math.random() * 36).toString(36)).join('');
  return `${KEY_STARTS[provider]}${random}`;
};

export const say = (content: string, more: object = {}) => ({
  messages: [{ role: 'user', content }],
  ...more,
});
