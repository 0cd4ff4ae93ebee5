// The daily report over the records of a running stack, and the feedback in it.
import { expect, it } from 'vitest';

import { canaryKey, say } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

type Entry = Record<string, string>;
const DAY_MS = 24 * 3600_000;

onEngine('the daily report', () => {
  const portunus = usePortunus();

  it('has the five metrics of the day, is written again by a repeated run, and is read by its readers alone', async () => {
    const { current } = portunus;
    const [alice, bob] = [await current.person('alice'), await current.person('bob')];
    const carol = await current.person('carol');
    await alice.post('/api-keys', { provider: 'openai', api_key: canaryKey('openai') });
    await bob.post('/api-keys', { provider: 'openai', api_key: 'sk-ant-api03-of-another-provider' });
    const question = { ...say('the same question'), cache: 'on' };
    for (let n = 0; n < 3; n += 1) await alice.invoke('ai_chat', question);
    const today = Date.now();
    const date = new Date(today).toISOString().slice(0, 10);
    const six = new Date(Date.parse(date) + DAY_MS + 6 * 3600_000);
    for (let run = 0; run < 2; run += 1)
      await current.events.runSchedule('portunus-local-on-daily-report', six);

    const { body } = await carol.get(`/audit/reports/${date}`);
    expect(body.metrics).toMatchObject({
      authentication: { value: 100, target: 99.9, status: 'met', yesterday: null },
      exposure: { value: 0, target: 0, status: 'met' },
      configuration: { value: 50, n: 2, target: 95, status: 'missed' },
      avoided_calls: { target: 50 },
      confidence: { value: null, n: 0, target: 99, status: 'no data' },
    });
    expect(body.metrics.avoided_calls.n).toBeGreaterThan(0);
    expect(body.by_tool).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'ai_chat' })]));
    expect((await carol.get('/audit/reports')).body.reports).toMatchObject([{ date }]);
    const line = current.lambda.logs().find((one) => one.line.includes('"ReportWritten":1'))?.line ?? '{}';
    expect(JSON.parse(line)).toMatchObject({ KeysExposed: 0, ConfigurationRate: 50, Stage: 'local' });
    expect(line).not.toContain('ConfidenceRate');
    const { logs } = (await carol.get('/audit/logs?owner=anonymous&action=report.written')).body;
    expect(logs).toMatchObject([{ target: date }, { target: date }]);

    expect((await alice.get('/audit/reports')).body).toMatchObject({ status: 403, code: 'forbidden' });
    expect((await alice.get(`/audit/reports/${date}`)).status).toBe(403);
    expect((await (await current.person('dave')).get(`/audit/reports/${date}`)).status).toBe(200);
    expect((await carol.get('/audit/reports/2020-01-01')).body).toMatchObject({ code: 'not_found' });
    expect((await carol.get('/audit/reports/yesterday')).status).toBe(400);
  });

  it('takes one answer of each owner a day, stored without its owner, with secrets and addresses masked', async () => {
    const { current } = portunus;
    const erin = await current.person('erin');
    const text = `Write to ann@example.com\r\n\u001b[31m=HYPERLINK(1) with ${canaryKey('openai')}`;
    expect((await erin.post('/feedback', { confidence: 3, text })).status).toBe(200);
    expect((await erin.post('/feedback', { confidence: 10 })).body).toMatchObject({ code: 'conflict' });
    const rows = (await current.rows('content')).filter(({ pk }) => String(pk).startsWith('FEEDBACK#'));
    expect(rows).toMatchObject([{ confidence: 3, text: expect.stringContaining('[e-mail]') }]);
    expect(JSON.stringify(rows)).not.toMatch(/ann@|sk-proj|\\r|\\n|\\u001b/);
    expect(Object.keys(rows[0] ?? {}).toSorted()).toEqual(['confidence', 'pk', 'sk', 'text']);
    const { logs } = (await erin.get('/audit/logs?user_id=erin&action=feedback.given')).body;
    expect(logs.map(({ target, result }: Entry) => [target, result])).toEqual([
      [undefined, 'refused'],
      ['confidence', 'succeeded'],
    ]);
    expect(JSON.stringify(logs)).not.toContain('"confidence":3');
  });

  it('rejects feedback of another form by the names of its fields', async () => {
    const erin = await portunus.current.person('erin');
    const wrong = [
      {},
      { confidence: 11 },
      { confidence: 1.5 },
      { text: 'x' },
      { confidence: 1, setup_step: 'started' },
      { setup_step: 'x' },
      { confidence: 1, text: 'x'.repeat(201) },
    ];
    for (const body of wrong)
      expect([body, (await erin.post('/feedback', body)).status]).toEqual([body, 400]);
    expect((await erin.post('/feedback', { setup_step: 'started' })).status).toBe(200);
  });
});
