// `npm run token -- alice`: an access token of the running stack's issuer, alone on stdout.
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { readKeys } from '#local/issuer/issuer-keys.ts';
import { createMint } from '#local/issuer/mint-token.ts';
import { DEMO_USERS, ROLES } from '#local/issuer/demo-users.ts';
import { runningStack } from '#local/running-stack.ts';

import { homeFolder } from './home.ts';

const NAMES = DEMO_USERS.map(({ sub }) => sub).join(', ');
const HELP = `Usage: npm run --silent token -- <user> [options]

Prints an access token for the running local stack. Demo users: ${NAMES}.

  --role <role>      replaces the user's own role: ${ROLES.join(', ')}
  --scope <scopes>   exactly these scopes, separated by spaces (default: all of the role)
  --expires <time>   for example 60s, 5m (default and most: 15m)
  --help             show this text`;

const LONGEST_SECONDS = 900;

function secondsOf(time: string): number {
  const [, amount, unit] = /^(\d{1,5})(s|m)$/.exec(time) ?? [];
  const seconds = Number(amount) * (unit === 'm' ? 60 : 1);
  if (!amount || seconds < 1 || seconds > LONGEST_SECONDS)
    throw new Error('--expires is a time like 60s or 5m, up to 15m.');
  return seconds;
}

function known(what: string, value: string, values: readonly string[]): void {
  if (!values.includes(value)) throw new Error(`There is no ${what} ${value}: ${values.join(', ')}.`);
}

function requestFrom(args: string[]) {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { role: text, scope: text, expires: text, help: { type: 'boolean' } },
  });
  const { role, scope, expires, help = false } = values;
  const [sub, ...more] = positionals;
  if (help) return { help } as const;
  if (sub === undefined || more.length > 0)
    throw new Error(`Name one user, as in: npm run token -- alice\n\n${HELP}`);
  known(
    'demo user',
    sub,
    DEMO_USERS.map((user) => user.sub),
  );
  if (role !== undefined) known('role', role, ROLES);
  return {
    sub,
    ...(role !== undefined && { roles: [role] }),
    ...(scope !== undefined && { scopes: scope.split(' ').filter(Boolean) }),
    ...(expires !== undefined && { expiresInSeconds: secondsOf(expires) }),
  };
}

async function main(): Promise<void> {
  const request = requestFrom(process.argv.slice(2));
  if ('help' in request) {
    console.log(HELP);
    return;
  }
  const home = homeFolder();
  const stack = runningStack(home);
  const keys = readKeys(join(home, 'issuer'));
  if (!stack || !keys) throw new Error(`No stack is running on ${home}. Start one with: npm start`);
  const { issuer, audience } = stack;
  console.log(await createMint({ issuer, audience, keys })(request));
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
