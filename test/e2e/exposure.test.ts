// Leaked keys: found in a log of the functions, or reported from outside, and frozen in under a minute.
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { responses } from '#functions/openapi/responses.ts';
import { type LeakReporter, startLeakReporter } from '#test/support/leak-reporter.ts';
import { canaryKey, type Person, type Portunus, say } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

type Entry = Record<string, string>;

const LIMIT_MS = 60_000;
const found = (url = 'https://github.com/octocat/Hello-World/blob/main/foo.txt') => ({
  type: 'portunus_key',
  url,
  source: 'content',
});

/** As if a function had written the line. */
const logged = ({ lambda }: Portunus, line: string, fn = 'tools-invoke') =>
  lambda.addLogLine(`portunus-local-${fn}`, JSON.stringify({ level: 'ERROR', message: line }));
const store = async (person: Person, provider: string, api_key: string, more: object = {}) =>
  String((await person.post('/api-keys', { provider, api_key, ...more })).body.key_id);
const statusOf = async (person: Person, keyId: string) => {
  const { keys } = (await person.get('/api-keys')).body;
  return keys.find(({ key_id }: Entry) => key_id === keyId)?.status;
};
const incidents = async ({ rows }: Portunus, keyId: string) =>
  (await rows('audit')).filter(({ act, target }) => act === 'key.exposed' && target === keyId);

/** Milliseconds until the key is frozen. */
async function frozenAfter(person: Person, keyId: string, leak: () => unknown): Promise<number> {
  const at = Date.now();
  await leak();
  const isFrozen = async () => expect(await statusOf(person, keyId)).toBe('frozen');
  await vi.waitFor(isFrozen, { timeout: LIMIT_MS, interval: 100 });
  return Date.now() - at;
}

onEngine('a leaked key', () => {
  let reporter: LeakReporter;
  beforeAll(async () => {
    reporter = await startLeakReporter();
  });
  afterAll(async () => reporter.stop());
  const portunus = usePortunus({
    logSubscriptions: true,
    parameters: (own) => ({
      ...own,
      LeakReportKeysUrl: reporter.url,
      TrustedOrigins: JSON.stringify([...JSON.parse(own['TrustedOrigins'] ?? '[]'), reporter.origin]),
    }),
  });

  it('in a log is frozen within a minute, its owner and the operators are notified, and the incident is recorded', async () => {
    const { current } = portunus;
    const [alice, bob] = [await current.person('alice'), await current.person('bob')];
    const key = canaryKey('openai');
    const [leaked, other] = [
      await store(alice, 'openai', key),
      await store(bob, 'openai', canaryKey('openai')),
    ];
    const took = await frozenAfter(alice, leaked, () => logged(current, `Authorization: Bearer ${key}`));
    expect(took).toBeLessThan(LIMIT_MS);
    process.stdout.write(`leak in a log → frozen: ${took} ms\n`);

    expect((await alice.invoke('ai_chat', { ...say('hello'), provider: 'openai' })).body).toMatchObject({
      code: 'key_frozen',
    });
    expect(await statusOf(bob, other)).toBe('active');
    await current.events.settled();
    const [notice] = (await alice.get('/notices')).body.notices;
    expect(notice).toMatchObject({ kind: 'incident', severity: 'critical', subject: leaked });
    expect((await alice.get('/audit/logs?action=key.exposed')).body.logs).toMatchObject([
      {
        category: 'system',
        target: leaked,
        result: 'succeeded',
        metadata: { provider: 'openai', reason: 'log', severity: 'critical', outcome: 'frozen' },
      },
    ]);
    const published = current.events.published().map(({ message }) => message);
    expect(published.join('\n')).toContain(`critical notice incident about ${leaked}`);
    expect(published.join('\n')).not.toContain(key.slice(4, 20));
  });

  it('is found without a known prefix, encoded, compressed, and in lines of every function but the scanner', async () => {
    const { current } = portunus;
    const carl = await current.person('carl');
    const lines: readonly ((key: string) => string)[] = [
      (key) => `upstream said: ${key}`,
      (key) => Buffer.from(`{"api_key":"${key}"}`).toString('base64'),
      (key) => gzipSync(JSON.stringify({ headers: { 'x-api-key': key } })).toString('base64'),
      (key) => encodeURIComponent(JSON.stringify({ key: `\\u0073${key}` })),
    ];
    for (const [at, line] of lines.entries()) {
      const key = canaryKey(at % 2 === 0 ? 'mistral' : 'openai');
      const id = await store(carl, at % 2 === 0 ? 'mistral' : 'openai', key);
      const fn = at === 0 ? 'on-audit-recorded' : 'completions';
      expect(await frozenAfter(carl, id, () => logged(current, line(key), fn))).toBeLessThan(LIMIT_MS);
    }
    await current.logs.settled();
    const scanned = current.lambda.logs().filter(({ functionName }) => functionName.includes('on-log-lines'));
    expect(scanned.filter(({ line }) => line.includes('ERROR'))).toEqual([]);
  });

  it('is one incident however often it is logged, and is frozen again after its owner unfroze it', async () => {
    const { current } = portunus;
    const dora = await current.person('dora');
    const key = canaryKey('mistral');
    const id = await store(dora, 'mistral', key);
    await frozenAfter(dora, id, () => {
      for (let n = 0; n < 20; n += 1) logged(current, `${n} ${key}`);
    });
    await current.logs.settled();
    logged(current, `again ${key}`);
    await current.logs.settled();
    expect((await incidents(current, id)).length).toBeLessThanOrEqual(2); // frozen, and seen again once
    await dora.post(`/api-keys/${id}/unfreeze`, undefined);
    await frozenAfter(dora, id, () => logged(current, `and again ${key}`));
    expect((await incidents(current, id)).length).toBeLessThanOrEqual(3);
  });

  it('in a signed report is frozen before the answer, which says which tokens were ours', async () => {
    const { current } = portunus;
    const gina = await current.person('gina');
    const key = canaryKey('anthropic');
    const id = await store(gina, 'anthropic', key);
    const at = Date.now();
    const answer = await reporter.report(current, [
      { token: key, ...found() },
      { token: 'NMIfyYncKcRALEXAMPLE', ...found() },
    ]);
    process.stdout.write(`leak in a report → frozen: ${Date.now() - at} ms\n`);
    expect(answer.status).toBe(200);
    expect(responses['leak-reports'].body.safeParse(answer.body).success).toBe(true);
    expect(answer.body.map(({ label }: Entry) => label)).toEqual(['true_positive', 'false_positive']);
    expect(answer.text).not.toContain(key.slice(4, 20));
    expect(await statusOf(gina, id)).toBe('frozen');
    const [notice] = (await gina.get('/notices')).body.notices;
    expect(notice.text).toContain('in public, at github.com');
    expect((await reporter.report(current, [{ token: key, ...found() }])).body).toMatchObject([
      { label: 'true_positive' },
    ]);
    const carol = await current.person('carol');
    expect((await carol.get('/audit/logs?action=leak.reported')).body.logs[0]).toMatchObject({
      category: 'system',
      user_id: 'anonymous',
      metadata: { count: 1 },
    });
  });

  it('that is a personal access token is revoked', async () => {
    const { current } = portunus;
    const hugo = await current.person('hugo');
    const { body } = await hugo.post('/tokens', { name: 'ci', scopes: ['keys:read'], expires_in: 3600 });
    const asProgram = { headers: { authorization: `Bearer ${body.token}` } };
    expect((await current.request('GET', '/api-keys', asProgram)).status).toBe(200);
    const forged = `${String(body.token).slice(0, 60)}${String(body.token).slice(60).toLowerCase()}`;
    const { body: feedback } = await reporter.report(current, [
      { token: forged, ...found() },
      { token: body.token, ...found() },
    ]);
    expect(feedback.map(({ label }: Entry) => label)).toEqual(['false_positive', 'true_positive']);
    await vi.waitFor(
      async () => expect((await current.request('GET', '/api-keys', asProgram)).status).toBe(401),
      { timeout: LIMIT_MS, interval: 500 },
    );
    expect((await hugo.get('/tokens')).body.tokens).toEqual([]);
    expect((await hugo.get('/audit/logs?action=token.exposed')).body.logs).toMatchObject([
      { target: body.token_id, metadata: { reason: 'report' } },
    ]);
  });

  it('is not frozen by a report with a wrong signature, and each such report is recorded', async () => {
    const { current } = portunus;
    const ivan = await current.person('ivan');
    const key = canaryKey('openai');
    const id = await store(ivan, 'openai', key);
    const leak = [{ token: key, ...found() }];
    const signature = 'github-public-key-signature';
    const attempts = [
      { body: (text: string) => `${text}\n` },
      { body: (text: string) => text.replace('portunus_key', 'portunus_kez') },
      { headers: ({ [signature]: _gone, ...rest }: Record<string, string>) => rest },
      { headers: (all: Record<string, string>) => ({ ...all, [signature]: `${all[signature]}AAAA` }) },
      { headers: (all: Record<string, string>) => ({ ...all, 'github-public-key-identifier': 'another' }) },
    ];
    for (const tampering of attempts) {
      const answer = await reporter.report(current, leak, tampering);
      expect(answer.body).toMatchObject({ status: 401, code: 'unauthenticated' });
      expect(answer.text).not.toContain(key.slice(4, 20));
    }
    expect(await statusOf(ivan, id)).toBe('active');
    const carol = await current.person('carol');
    const { logs } = (await carol.get('/audit/logs?owner=anonymous&action=authentication.refused')).body;
    const reasons = logs.map(({ metadata }: { metadata: Entry }) => metadata['reason']);
    expect(new Set(reasons)).toEqual(new Set(['report_signature', 'report_unsigned', 'report_unknown_key']));
  });

  it('in a signed report of another form is rejected by the names of the fields, never their values', async () => {
    const { current } = portunus;
    const key = canaryKey('openai');
    for (const body of [{ token: key }, [], [{ token: [key] }], [{ [key]: key, token: 'x' }], 'text']) {
      const answer = await reporter.report(current, body as never);
      expect([answer.status, answer.body?.code]).toEqual([400, 'invalid_input']);
      expect(answer.text).not.toContain(key.slice(4, 20));
    }
  });
});
