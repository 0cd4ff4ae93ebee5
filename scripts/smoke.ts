// `npm run smoke -- --stage dev`: is this stage usable? Exit code 0 if it is.
import { parseArgs } from 'node:util';

import { GetAccountSettingsCommand, LambdaClient } from '@aws-sdk/client-lambda';

import { printAddress, signIn } from './browser-sign-in.ts';
import { addressOf, clientOptions } from './deployed-stage.ts';
import { ERASURE_CHECK, SMOKE_CHECKS, type SmokeCheck } from './smoke-checks.ts';
import { runSmoke, type SmokeResult } from './smoke-run.ts';

const HELP = `Usage: npm run smoke -- --stage <stage> | --url <url> [options]

Checks a running stage through its API, with a throw-away key that is never sent anywhere: health, metadata, sign-in, a key's
round trip, calls over REST, MCP and /v1, the audit record, the projection of events. The key is deleted at the end.

  --stage <stage>     dev or prod: reads the address from the outputs of its stack, and checks quotas of the account
  --url <url>         the address of any stage
  --token <token>     an access token, or SMOKE_TOKEN in the environment (default: signs you in in your browser)
  --projection <s>    how long the projection of events may take (default 60)
  --erase-account     erases the account of the token at the end: only for a person who exists for that
  --help              show this text`;

type Request = {
  readonly url: string;
  readonly token: string;
  readonly projectionMs: number;
  readonly checks: readonly SmokeCheck[];
};

const TEXT = { type: 'string' } as const;
const FLAG = { type: 'boolean', default: false } as const;

function valuesOf(args: string[]) {
  const options = {
    stage: TEXT,
    url: TEXT,
    token: TEXT,
    projection: { ...TEXT, default: '60' },
    'erase-account': FLAG,
    help: FLAG,
  };
  return parseArgs({ args, options }).values;
}

async function requestFrom(args: string[]): Promise<Request | undefined> {
  const { stage, projection, help, token, 'erase-account': erases, ...named } = valuesOf(args);
  if (help) return undefined;
  if (!(Number(projection) > 0)) throw new Error('--projection is a number of seconds.');
  const url = await addressOf({ ...named, ...(stage !== undefined && { stage }) });
  return {
    url,
    token: token ?? process.env['SMOKE_TOKEN'] ?? (await tokenFor(url)),
    projectionMs: Number(projection) * 1000,
    checks: [
      ...SMOKE_CHECKS,
      ...(erases ? [ERASURE_CHECK] : []),
      ...(stage === undefined ? [] : [quotaCheck(stage)]),
    ],
  };
}

async function tokenFor(url: string): Promise<string> {
  const by = { onAddress: printAddress, timeoutMs: 300_000 };
  return (await signIn({ url, issuer: undefined, scope: undefined, client: undefined, ...by })).access_token;
}

/** Below it, a few streams of five minutes would leave no execution for other calls. */
const LEAST_EXECUTIONS = 100;

const quotaCheck = (stage: string): SmokeCheck => ({
  name: 'quota of concurrent executions',
  async run() {
    const { AccountLimit } = await new LambdaClient(clientOptions(stage)).send(
      new GetAccountSettingsCommand({}),
    );
    const { ConcurrentExecutions: most = 0 } = AccountLimit ?? {};
    if (most >= LEAST_EXECUTIONS) return `${most}`;
    throw new Error(`${most}: request at least ${LEAST_EXECUTIONS} in Service Quotas, AWS Lambda`);
  },
});

function print({ name, finding, remark, ms }: SmokeResult): void {
  const more = finding ?? remark;
  console.log(`${finding === undefined ? 'ok  ' : 'FAIL'}  ${name}${more ? `: ${more}` : ''}  (${ms} ms)`);
}

async function main(): Promise<void> {
  const request = await requestFrom(process.argv.slice(2));
  if (!request) {
    console.log(HELP);
    return;
  }
  const { checks, ...stage } = request;
  const results = await runSmoke({ ...stage, fetch }, checks, print);
  const failed = results.filter(({ finding }) => finding !== undefined).length;
  const notRun = checks.length - results.length;
  console.log(
    failed === 0
      ? `\n${results.length} checks passed.`
      : `\n${failed} of ${checks.length} checks FAILED${notRun > 0 ? `, ${notRun} not run` : ''}.`,
  );
  process.exitCode = failed === 0 ? 0 : 1;
}

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
