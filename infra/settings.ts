// Values of the environment, as template parameters: `cdk deploy --parameters` and the local stack set the same ones.
import { CfnCondition, CfnParameter, Fn, type Stack } from 'aws-cdk-lib';

import type { SettingVariable } from '#functions/need-row.ts';

import type { IdentityStack } from './identity-stack.ts';
import { CLIENT_REDIRECT_URIS } from './redirect-uris.ts';
import { RESOURCE_SERVER } from './scopes.ts';
import { signInClient } from './sign-in-client.ts';

/**
 * Settings that differ per environment, by environment variable. The code does not depend on the environment otherwise.
 */
export type Settings = Readonly<Record<SettingVariable, string>>;

const PROVIDER_ORIGINS = {
  openai: 'https://api.openai.com',
  anthropic: 'https://api.anthropic.com',
  google: 'https://generativelanguage.googleapis.com',
  mistral: 'https://api.mistral.ai',
  groq: 'https://api.groq.com',
  xai: 'https://api.x.ai',
  deepseek: 'https://api.deepseek.com',
  openrouter: 'https://openrouter.ai',
  together: 'https://api.together.xyz',
  bedrock: 'https://bedrock-runtime.{region}.amazonaws.com',
};

/** Generous for a person and a chatbot, restrictive for a runaway loop. */
const RATE = { per_minute: 600, burst: 200 };
const RATE_LIMITS = { user: RATE, auditor: RATE, operator: RATE, admin: RATE };

/** In micro-USD: $20 a day and $200 a month bound the cost of a runaway client on its owner's keys. */
const BUDGET = {
  day: { calls: 5_000, micro_usd: 20_000_000 },
  month: { calls: 50_000, micro_usd: 200_000_000 },
};
const BUDGETS = { unpriced: 'allow', user: BUDGET, auditor: BUDGET, operator: BUDGET, admin: BUDGET };

export type SettingsSource = {
  /** Address of the API for clients; `parameter`: taken from the template parameter. */
  readonly publicUrl: string;
  readonly identity: IdentityStack | undefined;
};

export function createSettings(stack: Stack, { publicUrl: given, identity }: SettingsSource): Settings {
  const publicUrl = given === 'parameter' ? publicUrlParameter(stack) : given;
  const issuers = new CfnParameter(stack, 'Issuers', {
    description:
      'Whose tokens are accepted: a JSON array of {issuer, jwksUri, audiences, algorithms, rolesClaim, …}.',
    ...(identity ? { default: '' } : { allowedPattern: '^\\[.*\\]$' }),
  });
  const json = (id: string, description: string, fallback: unknown): string =>
    new CfnParameter(stack, id, { description, default: JSON.stringify(fallback) }).valueAsString;
  return {
    PUBLIC_URL: publicUrl,
    ISSUERS: identity
      ? unlessEmpty(stack, issuers, JSON.stringify([ownIssuer(stack, identity, publicUrl)]))
      : issuers.valueAsString,
    PROVIDER_ORIGINS: json(
      'ProviderOrigins',
      'Origin of each AI provider, as a JSON object.',
      PROVIDER_ORIGINS,
    ),
    TRUSTED_ORIGINS: json(
      'TrustedOrigins',
      'Exact origins that may be called although they are not public https: a JSON array.',
      [],
    ),
    TOOL_ORIGINS: json(
      'ToolOrigins',
      'Exact origins that registered tools may call although they are not public https: a JSON array, or {origins, next_step}.',
      [],
    ),
    LEAK_REPORT_KEYS_URL: new CfnParameter(stack, 'LeakReportKeysUrl', {
      description: 'Published keys of the reporter of leaks (POST /leak-reports).',
      default: 'https://api.github.com/meta/public_keys/secret_scanning',
      allowedPattern: '^https?://.+$',
    }).valueAsString,
    RATE_LIMITS: json(
      'RateLimits',
      'Calls a minute, and at once, for each role: a JSON object.',
      RATE_LIMITS,
    ),
    BUDGETS: json('Budgets', 'Calls and micro-USD a day and a month, for each role: a JSON object.', BUDGETS),
    REDIRECT_URIS: json(
      'RedirectUris',
      'Where MCP clients may receive authorization codes of the built-in issuer: exact URIs, and loopback hosts, as a JSON array.',
      CLIENT_REDIRECT_URIS,
    ),
    RENEWAL_ENDPOINTS: json(
      'RenewalEndpoints',
      'Where credentials are renewed: a JSON object, provider → {url, client_id}.',
      {},
    ),
  };
}

const publicUrlParameter = (stack: Stack): string =>
  new CfnParameter(stack, 'PublicUrl', {
    description: 'Where clients reach the API, without a slash at the end.',
    allowedPattern: '^https?://[^/?#]+(/[^/?#]+)*$',
  }).valueAsString;

function unlessEmpty(stack: Stack, parameter: CfnParameter, otherwise: string): string {
  const isGiven = new CfnCondition(stack, `${parameter.node.id}IsGiven`, {
    expression: Fn.conditionNot(Fn.conditionEquals(parameter.valueAsString, '')),
  });
  return Fn.conditionIf(isGiven.logicalId, parameter.valueAsString, otherwise).toString();
}

function ownIssuer(stack: Stack, identity: IdentityStack, publicUrl: string) {
  const { pool, client, loginUrl } = identity;
  const relay = signInClient(stack, { identity, publicUrl });
  return {
    issuer: pool.userPoolProviderUrl,
    jwksUri: `${pool.userPoolProviderUrl}/.well-known/jwks.json`,
    audiences: [`${publicUrl}/mcp`],
    algorithms: ['RS256'],
    rolesClaim: 'cognito:groups',
    clientIds: [client.userPoolClientId, relay.userPoolClientId],
    scopePrefix: `${RESOURCE_SERVER}/`,
    endpoints: {
      authorize: `${loginUrl}/oauth2/authorize`,
      token: `${loginUrl}/oauth2/token`,
      revoke: `${loginUrl}/oauth2/revoke`,
      clientId: relay.userPoolClientId,
    },
  };
}
