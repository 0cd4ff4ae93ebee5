// `npm run token -- alice`: an access token of the running stack's issuer, or a personal one, alone on stdout.
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { decodeJwt } from 'jose';
import * as z from 'zod';

import { readKeys } from '#local/issuer/issuer-keys.ts';
import { createMint, type Mint } from '#local/issuer/mint-token.ts';
import { DEMO_USERS, ROLES } from '#local/issuer/demo-users.ts';
import { runningStack } from '#local/running-stack.ts';

import { homeFolder } from './home.ts';

const NAMES = DEMO_USERS.map(({ sub }) => sub).join(', ');
const HELP = `Usage: npm run --silent token -- <user> [options]

Prints an access token for the running local stack. Demo users: ${NAMES}.

  --role <role>      replaces the user's own role: ${ROLES.join(', ')}
  --scope <scopes>   exactly these scopes, separated by spaces (default: all of the role)
  --expires <time>   for example 60s, 5m (default and most: 15m)
  --personal         a personal access token for a program, created with POST /tokens: --expires 12h, 90d
                     (default 30d, at most 365d), --scope at most those of the role without account:write
                     and admin:write (default: all of them)
  --help             show this text`;

/** Scopes that no personal access token may have. */
const SIGNED_IN_ONLY = new Set(['account:write', 'admin:write']);
const DAY_SECONDS = 24 * 3600;
const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: DAY_SECONDS };

/** Longest lifetime in seconds, of an access token and of a personal one. */
const LONGEST = { access: 900, personal: 365 * DAY_SECONDS };
const PERSONAL_SECONDS = 30 * DAY_SECONDS;

function lifetimeSeconds(time: string, personal: boolean): number {
  const [, amount, unit = ''] = /^(\d{1,5})(s|m|h|d)$/.exec(time) ?? [];
  const seconds = Number(amount) * (UNIT_SECONDS[unit] ?? 0);
  if (seconds >= 1 && seconds <= (personal ? LONGEST.personal : LONGEST.access)) return seconds;
  const example = personal ? '12h or 90d, up to 365d' : '60s or 5m, up to 15m';
  throw new Error(`--expires is a time like ${example}.`);
}

function known(what: string, value: string, values: readonly string[]): void {
  if (!values.includes(value)) throw new Error(`There is no ${what} ${value}: ${values.join(', ')}.`);
}

function requestFrom(args: string[]) {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      role: text,
      scope: text,
      expires: text,
      personal: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  const { role, scope, expires, personal = false, help = false } = values;
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
    personal,
    ...(role !== undefined && { roles: [role] }),
    ...(scope !== undefined && { scopes: scope.split(' ').filter(Boolean) }),
    ...(expires !== undefined && { expiresInSeconds: lifetimeSeconds(expires, personal) }),
  };
}

type TokenRequest = Parameters<Mint>[0];
const Created = z.object({ token: z.string() });
const Problem = z.object({ detail: z.string(), next_step: z.string() });

/** Created at the API with an access token of the same user, as any program would. */
async function personalToken(
  { mint, url }: { mint: Mint; url: string },
  { scopes, expiresInSeconds = PERSONAL_SECONDS, ...who }: TokenRequest,
): Promise<string> {
  const accessToken = await mint(who);
  const own = String(decodeJwt(accessToken)['scope']).split(' ');
  const response = await fetch(`${url}/tokens`, {
    method: 'POST',
    headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      name: 'npm run token',
      scopes: scopes ?? own.filter((scope) => !SIGNED_IN_ONLY.has(scope)),
      expires_in: expiresInSeconds,
    }),
  });
  const answer: unknown = await response.json();
  if (response.ok) return Created.parse(answer).token;
  const { detail, next_step } = Problem.parse(answer);
  throw new Error(`${detail} ${next_step}`);
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
  const { issuer, audience, url } = stack;
  const mint = createMint({ issuer, audience, keys });
  const { personal, ...accessToken } = request;
  console.log(personal ? await personalToken({ mint, url }, accessToken) : await mint(accessToken));
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
