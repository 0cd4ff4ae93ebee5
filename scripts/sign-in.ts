// `npm run --silent sign-in -- --stage dev`: signs a person in in their browser and prints an access token, alone on stdout.
import { parseArgs } from 'node:util';

import { addressOf } from './deployed-stage.ts';
import { printAddress, signIn, type SignInRequest } from './browser-sign-in.ts';

const HELP = `Usage: npm run --silent sign-in -- --stage <stage> | --url <url> [options]

Signs you in in your browser, by authorization code with PKCE, and prints an access token for <url>/mcp.

  --stage <stage>      dev or prod: reads the address from the outputs of its stack
  --url <url>          the address of any stage, for example http://127.0.0.1:8787
  --issuer <url>       the issuer to sign in at (default: the one that the stage names)
  --client-id <id>     a client registered at the issuer (default: registers itself)
  --redirect <url>     redirect URI of that client (default: http://127.0.0.1 with a free port, /callback)
  --scope <scopes>     separated by spaces (default: those that the stage names)
  --timeout <seconds>  how long to wait for the browser (default 300)
  --help               show this text`;

const TEXT = { type: 'string' } as const;

async function requestFrom(args: string[]): Promise<SignInRequest | undefined> {
  const { values } = parseArgs({
    args,
    options: {
      stage: TEXT,
      url: TEXT,
      issuer: TEXT,
      'client-id': TEXT,
      redirect: TEXT,
      scope: TEXT,
      timeout: { ...TEXT, default: '300' },
      help: { type: 'boolean', default: false },
    },
  });
  const { stage, url, issuer, scope, timeout, redirect, 'client-id': clientId, help } = values;
  if (help) return undefined;
  const seconds = Number(timeout);
  if (!(seconds > 0)) throw new Error('--timeout is a number of seconds.');
  if ((clientId === undefined) !== (redirect === undefined))
    throw new Error('--client-id and --redirect go together: give both or none.');
  return {
    url: await addressOf({ ...(stage !== undefined && { stage }), ...(url !== undefined && { url }) }),
    issuer,
    scope,
    client: clientId === undefined ? undefined : { clientId, redirect: redirect ?? '' },
    timeoutMs: seconds * 1000,
    onAddress: printAddress,
  };
}

async function main(): Promise<void> {
  const request = await requestFrom(process.argv.slice(2));
  if (!request) {
    console.log(HELP);
    return;
  }
  const { access_token: token, expires_in: seconds } = await signIn(request);
  if (seconds !== undefined)
    console.error(`Signed in. The token expires in ${Math.round(seconds / 60)} minutes.`);
  console.log(token);
}

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
