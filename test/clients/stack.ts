// The local stack of a run, and what each client is given: a person, keys, tokens.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { decodeJwt } from 'jose';

import { buildAssembly } from '#scripts/build.ts';
import { canaryKey, type Portunus, startPortunus } from '#test/support/portunus.ts';
import { withoutRateLimits } from '#test/support/rates.ts';

export const MODELS = {
  openai: 'openai/gpt-4.1',
  anthropic: 'anthropic/claude-haiku-4-5',
  google: 'google/gemini-2.5-flash',
  mistral: 'mistral/mistral-small-latest',
};
export type Provider = keyof typeof MODELS;
export const PROVIDERS = Object.keys(MODELS) as Provider[];
export const EMBEDDERS = {
  openai: 'openai/text-embedding-3-small',
  google: 'google/gemini-embedding-001',
  mistral: 'mistral/mistral-embed',
};

/** Scopes that no personal access token may have. */
const SIGNED_IN_ONLY = ['account:write', 'admin:write'];
const DAY_SECONDS = 24 * 3600;
/** Well formed, without an owner. */
const WRONG_TOKEN = `ptn_${'A'.repeat(87)}`;

export type Tokens = {
  readonly url: string;
  readonly token: string;
  readonly wrongToken: string;
  readonly expiredToken?: string;
};

export type Place = {
  readonly url: string;
  /** A person of this name with a key of each provider; the token is a personal one. */
  readonly tokensFor: (name: string) => Promise<Tokens>;
  /** Undefined where the providers cannot be observed. */
  readonly providerReceived: (text: string) => boolean | undefined;
  readonly portunus: Portunus | undefined;
  readonly stop: () => Promise<void>;
};

async function tokensFor(portunus: Portunus, name: string): Promise<Tokens> {
  const person = await portunus.person(name);
  for (const provider of PROVIDERS) {
    const stored = await person.post('/api-keys', { provider, api_key: canaryKey(provider) });
    if (stored.status !== 201) throw new Error(`The key of ${provider} was not stored: ${stored.text}`);
  }
  const scopes = String(decodeJwt(person.token)['scope']).split(' ');
  const created = await person.post('/tokens', {
    name: `client ${name}`,
    scopes: scopes.filter((scope) => !SIGNED_IN_ONLY.includes(scope)),
    expires_in: DAY_SECONDS,
  });
  if (created.status !== 201) throw new Error(`No personal access token was created: ${created.text}`);
  const expired = await portunus.person(name, { expiresInSeconds: -3600 });
  return {
    url: portunus.url,
    token: String(created.body.token),
    wrongToken: WRONG_TOKEN,
    expiredToken: expired.token,
  };
}

export async function startPlace(localToolPorts: readonly number[]): Promise<Place> {
  const assembly = await buildAssembly({ stage: 'local' });
  const portunus = await startPortunus({
    assembly,
    localToolPorts,
    mutate: withoutRateLimits,
    lambdaOptions: { compileCache: join(assembly, '.compile-cache') },
  });
  return {
    url: portunus.url,
    portunus,
    tokensFor: (name) => tokensFor(portunus, name),
    providerReceived: (text) => portunus.provider?.journal().some(({ body }) => body.includes(text)),
    async stop() {
      await portunus.stop();
      await rm(portunus.home, { recursive: true, force: true });
    },
  };
}

/** A stack that runs elsewhere: one token for all, no sight of its providers, no expired token. */
export const givenPlace = (url: string, token: string): Place => ({
  url,
  portunus: undefined,
  tokensFor: async () => ({ url, token, wrongToken: WRONG_TOKEN }),
  providerReceived: () => undefined,
  stop: async () => undefined,
});
