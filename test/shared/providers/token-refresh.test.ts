import { expect, it } from 'vitest';

import { deadlineIn } from '#shared/core/deadline.ts';
import { AppError } from '#shared/core/errors.ts';
import type { ProviderId } from '#shared/core/ids.ts';
import { Secret } from '#shared/core/secret.ts';
import type { EgressRequest } from '#shared/egress/egress.ts';
import { createTokenRefresh } from '#shared/providers/token-refresh.ts';

const openai = 'openai' as ProviderId;
const URL_OF_IT = 'https://auth.example/token';

/** A token endpoint that answers as it is told. */
function endpoint(answer: { status?: number; text?: string } | AppError) {
  const sent: EgressRequest[] = [];
  const refresh = createTokenRefresh({
    outside: () => {
      throw new Error('Nobody else is asked.');
    },
    endpoints: { openai: { url: URL_OF_IT, client_id: 'us & them' } },
    egress: {
      async send(request) {
        sent.push(request);
        if (answer instanceof AppError) throw answer;
        return { status: answer.status ?? 200, headers: {}, body: Buffer.from(answer.text ?? '') };
      },
    },
  });
  return {
    sent,
    ask: (provider = openai) =>
      refresh(provider, { refreshToken: new Secret('old-refresh-token') }, deadlineIn(1000)),
  };
}

it('sends the refresh token to the configured endpoint, in the body alone', async () => {
  const { sent, ask } = endpoint({ text: JSON.stringify({ access_token: 'new-access', expires_in: '60' }) });
  const outcome = await ask();
  expect(outcome).toMatchObject({ kind: 'refreshed', lifeSeconds: 60 });
  expect(outcome).not.toHaveProperty('refreshToken');
  expect(JSON.stringify(outcome)).not.toContain('new-access');
  const [request] = sent;
  expect(request?.url).toBe(URL_OF_IT);
  expect(request?.body).toBe(
    'grant_type=refresh_token&refresh_token=old-refresh-token&client_id=us+%26+them',
  );
});

it.each([
  ['invalid_grant', { status: 400, text: '{"error":"invalid_grant"}' }, 'refused'],
  ['a client it does not know', { status: 401, text: '{"error":"invalid_client"}' }, 'refused'],
  ['temporarily_unavailable', { status: 400, text: '{"error":"temporarily_unavailable"}' }, 'failed'],
  ['an outage', { status: 503, text: '<html>' }, 'failed'],
  ['something that is no JSON', { text: 'access_token=x' }, 'failed'],
  ['a token with a line break', { text: '{"access_token":"abcdefgh\\nx: y"}' }, 'failed'],
  ['no token', { text: '{"expires_in":5}' }, 'failed'],
  ['nothing at all', new AppError('upstream_unreachable'), 'failed'],
] as const)('tells a dead refresh token from a bad day: %s', async (_what, answer, kind) => {
  expect(await endpoint(answer).ask()).toEqual({ kind });
});

it('asks nobody for a provider without an endpoint', async () => {
  const { sent, ask } = endpoint({});
  expect(await ask('anthropic' as ProviderId)).toEqual({ kind: 'failed' });
  expect(sent).toEqual([]);
});
