// Settings of a stage. Everything else is equal on all stages, so that tests on one apply to the others.
import * as z from 'zod';

import { parseStageFile, type StageFile } from './stage-file.ts';

const STAGES = ['local', 'dev', 'prod'] as const;

/** @throws {Error} with the name of the invalid value */
export function stageName(given: unknown = 'dev'): StageConfig['stage'] {
  const parsed = z.enum(STAGES).safeParse(given);
  if (parsed.success) return parsed.data;
  throw new Error(`There is no such stage. Deploy with -c stage=<stage>: ${STAGES.join(', ')}.`);
}

export type StageConfig = {
  readonly stage: (typeof STAGES)[number];
  /** Concrete, so that synthesis needs no account. */
  readonly env: { readonly account: string; readonly region: string };
  /** The stage's own Cognito pool, or the issuer in the parameter `Issuers`. */
  readonly issuer: 'cognito' | 'outside';
  readonly domain: StageFile['domain'];
  /**
   * Address of the API for clients. Absent: the domain, else the address that AWS gives. `parameter`: known only when the stack
   * is created, which a deployment on AWS must not use: a changed parameter does not reach the gateway's responses.
   */
  readonly publicUrl: `https://${string}` | 'parameter' | undefined;
  /** The one additional browser origin that may call the API. */
  readonly webOrigin: string | undefined;
  /** Redirect URLs of the public client. */
  readonly redirectUris: readonly string[];
  /** The vault's CMKs by number: new keys are encrypted under the first, stored ones may be under any. */
  readonly vaultKeys: readonly number[];
  readonly mfa: 'optional' | 'required';
  readonly minimumTls: '1.2' | '1.3';
  readonly concurrency: NonNullable<StageFile['concurrency']>;
  readonly webAclArn: string | undefined;
  readonly operatorEmail: string | undefined;
  /** Budget for all resources of the stage. Absent: no budget. */
  readonly monthlyBudgetUsd: number | undefined;
  /** X-Ray. `sampled`: by the sampling rules of the account, which by default trace one request a second and 5 % of the others. */
  readonly tracing: 'sampled' | 'off';
  readonly logRetentionDays: 7 | 30 | 365;
  readonly auditRetentionDays: NonNullable<StageFile['auditRetentionDays']>;
  readonly throttle: { readonly perSecond: number; readonly burst: number };
  /** Deletion protection of irreplaceable resources. */
  readonly isProtected: boolean;
};

/** Redirect URIs of a program on the desktop that signs in at Cognito directly. MCP clients sign in through the API: see RedirectUris. */
const REDIRECT_URIS = ['http://localhost:8788/callback'];

const DEFAULTS = {
  local: {
    issuer: 'outside',
    publicUrl: 'parameter',
    webOrigin: 'http://localhost:5173',
    mfa: 'optional',
    logRetentionDays: 7,
    // No effective throttle: the local machine is the limit, and tests would reach the throttle first.
    throttle: { perSecond: 10_000, burst: 5_000 },
    isProtected: false,
  },
  dev: {
    issuer: 'cognito',
    publicUrl: undefined,
    webOrigin: undefined,
    mfa: 'optional',
    logRetentionDays: 30,
    throttle: { perSecond: 100, burst: 200 },
    isProtected: false,
  },
  prod: {
    issuer: 'cognito',
    publicUrl: undefined,
    webOrigin: undefined,
    mfa: 'required',
    logRetentionDays: 365,
    throttle: { perSecond: 500, burst: 1_000 },
    isProtected: true,
  },
} as const;

/** Placeholder if no account is known: sufficient to inspect the templates. */
const NO_ACCOUNT = { account: '000000000000', region: 'eu-central-1' };

/** @throws {Error} with the name of the invalid value */
export function stageConfig(
  stage: StageConfig['stage'],
  values: unknown = {},
  environment: Partial<StageConfig['env']> = {},
): StageConfig {
  const { account, region, ...given } = parseStageFile(values, `stages/${stage}.json`);
  return {
    redirectUris: REDIRECT_URIS,
    vaultKeys: [1],
    minimumTls: '1.3',
    concurrency: {},
    domain: undefined,
    webAclArn: undefined,
    operatorEmail: undefined,
    monthlyBudgetUsd: undefined,
    tracing: 'sampled',
    auditRetentionDays: { authentication: 400, api_call: 400, user_action: 400, system: 400 },
    ...DEFAULTS[stage],
    ...given,
    stage,
    env:
      stage === 'local'
        ? NO_ACCOUNT
        : {
            account: account ?? environment.account ?? NO_ACCOUNT.account,
            region: region ?? environment.region ?? NO_ACCOUNT.region,
          },
  };
}
