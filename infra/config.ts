// What a stage may set. Everything else is equal on every stage, so that a green test on one speaks for the others.
import * as z from 'zod';

const Origin = z
  .string()
  .regex(/^https?:\/\/[^/?#]+$/, 'must be an origin, as in https://console.example.com');

/** What `-c name=value` may say. An unknown value stops the synthesis by its name. */
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
  /** Our own Cognito pool, or an issuer that the parameter `Issuers` names. */
  readonly issuer: 'cognito' | 'outside';
  readonly domain?: { readonly name: string; readonly certificateArn: string } | undefined;
  /** The one browser origin besides our own that may call the API. */
  readonly webOrigin?: string | undefined;
  /** Where the public client may be sent after sign-in. */
  readonly redirectUris: readonly string[];
  /** The vault's CMKs by number: new keys are sealed under the first, stored ones may be under any. */
  readonly vaultKeys: readonly number[];
  readonly logRetentionDays: 7 | 30 | 365;
  readonly throttle: { readonly perSecond: number; readonly burst: number };
  /** Deletion protection of what cannot be made again. */
  readonly isProtected: boolean;
};

const DEFAULTS = {
  local: {
    issuer: 'outside',
    webOrigin: 'http://localhost:5173',
    logRetentionDays: 7,
    // Wide open: on one machine the machine is the limit, and tests would meet the throttle first.
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

/** @throws with the name of the value that is wrong. */
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

/** Without an account at hand a placeholder takes its place: good enough to look at the templates. */
const envOf = ({ account = LOCAL_ENV.account, region = LOCAL_ENV.region }: Partial<StageConfig['env']>) =>
  Environment.parse({ account, region });

function domainOf({ domainName, certificateArn }: z.infer<typeof Context>): StageConfig['domain'] {
  if ((domainName === undefined) !== (certificateArn === undefined)) {
    throw new Error('domainName and certificateArn go together: give both or none.');
  }
  return domainName && certificateArn ? { name: domainName, certificateArn } : undefined;
}
