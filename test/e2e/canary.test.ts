// Canary keys go through every path, also where something goes wrong; then every sink is searched for any part of them, in every
// encoding. `npm run canary` also searches each file of the stack and of its assembly.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';

import { canaryFinder, LEAKS } from '#test/support/canary-search.ts';
import { canaryKey, type Portunus, say } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const TABLES = ['vault', 'content', 'control', 'cache', 'audit'] as const;
const isWhole = process.env['CANARY'] === 'whole';

/** Text, and bytes as text of one character a byte and as base64. */
const jsonOf = (value: unknown) =>
  JSON.stringify(value, (_, field: unknown) =>
    field instanceof Uint8Array
      ? `${Buffer.from(field).toString('latin1')} ${Buffer.from(field).toString('base64')}`
      : field,
  );

const MAX_FILE_BYTES = 64 * 1024 * 1024;

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true }).flatMap((entry) => {
    const path = join(entry.parentPath, entry.name);
    return entry.isFile() && statSync(path).size < MAX_FILE_BYTES ? [path] : [];
  });
}

/** Everything that the stack has written or returned, by sink. */
async function sinksOf(portunus: Portunus): Promise<Record<string, string>> {
  const rows = await Promise.all(
    TABLES.map(async (table) => [`table ${table}`, jsonOf(await portunus.rows(table))] as const),
  );
  return {
    ...Object.fromEntries(rows),
    logs: jsonOf(portunus.lambda.logs()),
    events: jsonOf(portunus.events.busEvents()),
    'dead letters': jsonOf([portunus.events.queues(), portunus.events.lost()]),
    'operator messages': jsonOf(portunus.events.published()),
    answers: jsonOf(portunus.answers),
    'AWS calls': jsonOf(portunus.journal.all()),
    'KMS log': jsonOf(portunus.kmsLog()),
    environment: jsonOf(portunus.lambda.functions()),
    parameters: jsonOf(portunus.parameters),
  };
}

const filesOf = ({ home }: Portunus): Record<string, string> =>
  Object.fromEntries(filesUnder(home).map((path) => [path.slice(home.length), readFileSync(path, 'latin1')]));

function hits(sinks: Record<string, string>, secret: string): string[] {
  const find = canaryFinder(secret);
  return Object.entries(sinks).flatMap(([sink, text]) =>
    find(text).map((encoding) => `${sink}: ${encoding}`),
  );
}

const newKey = () => canaryKey('openai');

describe('the search for a canary', () => {
  const key = canaryKey('openai');

  it.each(Object.entries(LEAKS))('finds it in plain text and compressed, written as %s', (_name, leak) => {
    const find = canaryFinder(key);
    const text = `before ${leak(key)} after`;
    for (const planted of [
      text,
      gzipSync(Buffer.from(text, 'latin1')).toString('base64'),
      deflateSync(Buffer.from(text, 'latin1')).toString('base64'),
      gzipSync(Buffer.from(text, 'latin1')).toString('latin1'),
    ])
      expect(find(`noise ${planted} noise`)).not.toEqual([]);
  });

  it('finds nothing in the last four characters, nor in another key', () => {
    const find = canaryFinder(key);
    expect(find(`…${key.slice(-4)} ${canaryKey('openai')}`)).toEqual([]);
  });
});

onEngine('no part of a stored key beyond its last four characters', () => {
  const portunus = usePortunus();
  const [key, misplaced, next, revoked, mail] = [
    newKey(),
    newKey(),
    newKey(),
    newKey(),
    `ann.${newKey()}@example.com`,
  ];

  it('is found in any table, log, event, message or answer, whatever goes wrong on the way', async () => {
    const { current } = portunus;
    current.provider?.reject(revoked);
    const alice = await current.person('alice');
    const { body } = await alice.post('/api-keys', { provider: 'openai', api_key: key });
    await alice.post('/api-keys', { provider: 'openai', api_key: key });
    await alice.post('/api-keys', { provider: 'openai', api_key: revoked });
    await alice.post(`/api-keys/${body.key_id}/rotate`, { api_key: revoked });
    await alice.post(`/api-keys/${body.key_id}/rotate`, { api_key: next });
    await alice.post(`/api-keys/${body.key_id}/rotate`, { api_key: next, [misplaced]: misplaced });
    await alice.post(`/api-keys/${body.key_id}/rotate`, { api_key: next, expires_at: misplaced });
    await alice.post(`/api-keys/${misplaced}/validate`, undefined);
    await alice.post(`/api-keys/${body.key_id}/validate`, undefined);
    await alice.put('/api-keys/order', { provider: 'openai', key_ids: [misplaced] });
    await alice.post('/api-keys', `{"provider": "openai", "api_key": "${misplaced}",}`);
    await alice.post('/api-keys', { provider: misplaced, api_key: 1 });
    await alice.post('/api-keys', { provider: 'openai', [misplaced]: misplaced, api_key: misplaced });
    await alice.invoke('ai_chat', say('hello'));
    const completion = { ...say('hello'), model: 'openai/gpt-4.1' };
    await alice.post('/v1/chat/completions', completion);
    await alice.post('/v1/chat/completions', { ...completion, stream: true });
    await alice.post('/v1/chat/completions', { ...completion, model: misplaced, [misplaced]: misplaced });
    await alice.post('/v1/chat/completions', { ...completion, model: `openai/${misplaced}` });
    await alice.post('/v1/embeddings', { input: 'x', model: misplaced });
    await alice.post('/v1/responses', { input: 'x', model: misplaced });
    await alice.post('/v1/messages', { ...say('x'), max_tokens: 1, model: misplaced });
    await alice.post('/api-keys', {
      provider: 'compatible',
      api_key: misplaced,
      base_url: `https://${misplaced}.internal/v1`,
    });
    await alice.invoke(misplaced, { [misplaced]: misplaced });
    await alice.invoke('time_now', { zone: misplaced });
    const params = { name: misplaced, arguments: { [misplaced]: misplaced } };
    for (const method of ['tools/call', 'prompts/get', misplaced]) {
      await current.request('POST', '/mcp', {
        headers: {
          authorization: `Bearer ${alice.token}`,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      });
    }
    await alice.get(`/api-keys/${misplaced}`);
    await alice.get(`/audit/logs?cursor=${misplaced}&${misplaced}=1`);
    await alice.get(`/audit/logs?target=${misplaced}&owner=${misplaced}`);
    await alice.get(`/audit/reports/${misplaced}`);
    await alice.post('/feedback', { confidence: 1, text: `${misplaced} ${mail}` });
    await alice.post('/feedback', { setup_step: misplaced });
    await alice.post('/tokens', { name: misplaced, scopes: [misplaced], expires_in: 60 });
    await alice.post('/mcp/tools', { name: misplaced, url: `https://${misplaced}/` });
    await current.request('POST', '/leak-reports', {
      headers: { 'content-type': 'application/json', 'github-public-key-signature': misplaced },
      body: JSON.stringify([{ token: misplaced, type: misplaced }]),
    });
    await current.request('GET', '/api-keys', { headers: { authorization: `Bearer ${misplaced}` } });
    await alice.get('/api-keys');
    await alice.get('/audit/logs');
    await current.events.settled();

    // The provider received the key itself: the search must be able to find it somewhere.
    expect(hits({ provider: jsonOf(current.provider?.journal()) }, key)).toContain('provider: plain');
    const sinks = { ...(await sinksOf(current)), ...(isWhole && filesOf(current)) };
    for (const secret of [key, next, revoked, misplaced, mail]) expect(hits(sinks, secret)).toEqual([]);
  });

  it('would be found if it were there: each sink, each encoding', async () => {
    const planted = newKey();
    const find = canaryFinder(planted);
    const sinks = await sinksOf(portunus.current);
    for (const [sink, text] of Object.entries(sinks)) {
      for (const [name, leak] of Object.entries(LEAKS))
        expect([sink, name, find(`${text.slice(-2000)}${leak(planted)}`).length > 0]).toEqual([
          sink,
          name,
          true,
        ]);
    }
  });

  it('is found where it is really written: a row of each table, a log, a file', async () => {
    const { current } = portunus;
    const planted = newKey();
    for (const table of TABLES) {
      const TableName = current.tableName(table);
      const Item = { pk: 'CANARY', sk: table, bytes: Buffer.from(planted), text: LEAKS['hex']?.(planted) };
      await current.db.send(new PutCommand({ TableName, Item }));
    }
    current.lambda.addLogLine('portunus-local-health', LEAKS['base64']?.(planted) ?? '');
    const found = new Set(hits(await sinksOf(current), planted).map((hit) => hit.split(':')[0]));
    for (const sink of [...TABLES.map((table) => `table ${table}`), 'logs']) expect(found).toContain(sink);
    const files = filesOf(current);
    expect(hits(files, planted).some((hit) => hit.includes('functions.log'))).toBe(true);
  });
});
