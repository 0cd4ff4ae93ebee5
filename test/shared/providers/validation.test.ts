import { describe, expect, it } from 'vitest';

import { deadlineIn } from '#shared/core/deadline.ts';
import { AppError } from '#shared/core/errors.ts';
import { Secret } from '#shared/core/secret.ts';
import type { EgressRequest, EgressResponse } from '#shared/egress/egress.ts';
import { factsOf } from '#shared/providers/catalog.ts';
import { createAskProvider } from '#shared/providers/validation.ts';

const KEY = 'sk-proj-abc/def+ghi=jklmnopqrstu';
const CHECKED = '2030-01-01T00:00:00.000Z';

/** A provider that answers what no well-behaved provider does, or an egress that fails. */
function over(answer: (Partial<EgressResponse> & { text?: string }) | AppError) {
  const sent: EgressRequest[] = [];
  const ask = createAskProvider({
    egress: {
      async send(request) {
        sent.push(request);
        if (answer instanceof AppError) throw answer;
        const { text = '', status = 200, headers = {}, body = Buffer.from(text) } = answer;
        return { status, headers, body };
      },
    },
    origins: { openai: 'https://api.openai.com', anthropic: 'https://api.anthropic.com' },
    now: () => Date.parse(CHECKED),
  });
  return {
    sent,
    ask: (provider = 'openai', remainingMs = 60_000) =>
      ask({
        facts: factsOf(provider),
        secret: new Secret(KEY),
        origin: '',
        deadline: deadlineIn(remainingMs, () => 0),
      }),
  };
}

const models = (ids: readonly unknown[]) => JSON.stringify({ data: ids.map((id) => ({ id })) });

describe('asking a provider about a key', () => {
  it.each([
    ['openai', 'https://api.openai.com/v1/models', 'authorization', `Bearer ${KEY}`],
    ['anthropic', 'https://api.anthropic.com/v1/models?limit=100', 'x-api-key', KEY],
  ])('of %s lists its models with the key in one header', async (provider, url, header, value) => {
    const { ask, sent } = over({ text: models(['b', 'a', 'a']) });
    expect(await ask(provider)).toEqual({ outcome: 'valid', models: ['a', 'b'], checkedAt: CHECKED });
    expect(sent).toMatchObject([{ method: 'GET', url }]);
    expect(sent[0]?.headers[header]).toBe(value);
    expect(sent[0]?.url).not.toContain(KEY);
  });

  it.each([
    ['3 seconds', 60_000, 3000],
    ['what its caller has left', 1000, 1000],
  ])('waits no longer than %s', async (_name, remainingMs, deadlineMs) => {
    const { ask, sent } = over({ text: models([]) });
    await ask('openai', remainingMs);
    expect(sent).toMatchObject([{ deadlineMs }]);
  });

  it('keeps a hundred names, and none that is not one or quotes the key', async () => {
    const names = Array.from({ length: 150 }, (_, n) => `model-${String(n).padStart(3, '0')}`);
    const odd = [KEY, Buffer.from(KEY).toString('base64'), `x ${KEY}`, '<script>', 'a'.repeat(101), ''];
    const { models: kept } = await over({ text: models([...odd, ...names]) }).ask();
    expect(kept).toEqual(names.slice(0, 100));
  });

  it.each([
    [401, 'rejected'],
    [403, 'rejected'],
    [400, 'unreachable'],
    [404, 'unreachable'],
    [429, 'unreachable'],
    [500, 'unreachable'],
    [204, 'unreachable'],
  ])('takes %i for %s', async (status, outcome) => {
    expect(await over({ status, text: KEY }).ask()).toEqual({ outcome, checkedAt: CHECKED });
  });

  it.each([
    ['a login page', { text: `<html>${KEY}` }],
    ['JSON of another shape', { text: '{"models": []}' }],
    ['names that are not text', { text: models([7]) }],
    ['bytes that are not text', { body: Uint8Array.of(0xff, 0xfe) }],
  ])('does not take %s for a yes', async (_kind, answer) => {
    expect(await over(answer).ask()).toEqual({ outcome: 'unreachable', checkedAt: CHECKED });
  });

  it.each(['upstream_unreachable', 'upstream_timeout', 'upstream_malformed'] as const)(
    'takes %s for not knowing',
    async (code) => {
      expect((await over(new AppError(code)).ask()).outcome).toBe('unreachable');
    },
  );

  it('does not hide that the guard rejected the address', async () => {
    await expect(over(new AppError('egress_refused')).ask()).rejects.toMatchObject({
      code: 'egress_refused',
    });
  });
});
