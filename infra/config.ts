// Settings of a stage. Everything else is equal on all stages, so that tests on one apply to the others.
import * as z from 'zod';

const Origin = z
  .string()
  .regex(/^https?:\/\/[^/?#]+$/, 'must be an origin, as in https://console.example.com');

/** Allowed values of `-c name=value`. An unknown one fails the synthesis by its name. */
const Context = z.object({
  stage: z.enum(['local', 'dev', 'prod']).default('dev'),
  issuer: z.enum(['cognito', 'outside']).optional(),
  domainName: z.hostname().optional(),
  certificateArn: z.string().startsWith('arn:aws:acm:').optional(),
  webOrigin: Origin.optional(),
  redirectUris: z.string().optional(),
  vaultKeys: z
    .string()
    .regex(/^[1-9](,[1-9])*$/, 'must be numbers of vault keys, as in 2,1')
    .default('1'),
});

const Environment = z.object({
  account: z.string().regex(/^\d{12}$/),
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/),
});

export type StageConfig = {
  readonly stage: 'local' | 'dev' | 'prod';
  /** Concrete, so that synthesis needs no account. */
  readonly env: z.infer<typeof Environment>;
  /** The stage's own Cognito pool, or the issuer in the parameter `Issuers`. */
  readonly issuer: 'cognito' | 'outside';
  readonly domain?: { readonly name: string; readonly certificateArn: string } | undefined;
  /** The one additional browser origin that may call the API. */
  readonly webOrigin?: string | undefined;
  /** Redirect URLs of the public client. */
  readonly redirectUris: readonly string[];
  /** The vault's CMKs by number: new keys are encrypted under the first, stored ones may be under any. */
  readonly vaultKeys: readonly number[];
  readonly logRetentionDays: 7 | 30 | 365;
  readonly throttle: { readonly perSecond: number; readonly burst: number };
  /** Deletion protection of irreplaceable resources. */
  readonly isProtected: boolean;
};

const DEFAULTS = {
  local: {
    issuer: 'outside',
    webOrigin: 'http://localhost:5173',
    logRetentionDays: 7,
    // No effective throttle: the local machine is the limit, and tests would reach the throttle first.
    throttle: { perSecond: 10_000, burst: 5_000 },
    isProtected: false,
  },
  dev: {
    issuer: 'cognito',
    webOrigin: undefined,
    logRetentionDays: 30,
    throttle: { perSecond: 100, burst: 200 },
    isProtected: false,
  },
  prod: {
    issuer: 'cognito',
    webOrigin: undefined,
    logRetentionDays: 365,
    throttle: { perSecond: 500, burst: 1_000 },
    isProtected: true,
  },
} as const;

const LOCAL_ENV = { account: '000000000000', region: 'eu-central-1' };

/** @throws {Error} with the name of the invalid value */
export function stageConfig(
  context: Readonly<Record<string, unknown>>,
  environment: Partial<StageConfig['env']> = {},
): StageConfig {
  const parsed = Context.safeParse(context);
  if (!parsed.success) throw new Error(`The context is not valid.\n${z.prettifyError(parsed.error)}`);
  const { stage, issuer, webOrigin, redirectUris, vaultKeys } = parsed.data;
  const defaults = DEFAULTS[stage];
  return {
    ...defaults,
    stage,
    env: stage === 'local' ? LOCAL_ENV : envOf(environment),
    issuer: issuer ?? defaults.issuer,
    domain: domainOf(parsed.data),
    webOrigin: webOrigin ?? defaults.webOrigin,
    vaultKeys: [...new Set(vaultKeys.split(',').map(Number))],
    redirectUris: redirectUris?.split(',') ?? ['http://localhost:8788/callback'],
  };
}

/** Placeholder if no account is known: sufficient to inspect the templates. */
const envOf = ({ account = LOCAL_ENV.account, region = LOCAL_ENV.region }: Partial<StageConfig['env']>) =>
  Environment.parse({ account, region });

function domainOf({ domainName, certificateArn }: z.infer<typeof Context>): StageConfig['domain'] {
  if ((domainName === undefined) !== (certificateArn === undefined)) {
    throw new Error('domainName and certificateArn go together: give both or none.');
  }
  return domainName && certificateArn ? { name: domainName, certificateArn } : undefined;
}
