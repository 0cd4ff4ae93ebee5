// One client in a process of its own: its packages, its faults and its memory stay there.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Client } from './catalogue.ts';
import { folderOf } from './install.ts';
import { CASES, type Outcome } from './matrix.ts';
import { EMBEDDERS, MODELS, type Place, PROVIDERS } from './stack.ts';

const CLIENT_LIMIT_MS = 240_000;
export const HOOK = join(import.meta.dirname, 'resolve-hook.mjs');

type Message = ({ readonly case: string } & Outcome) | { readonly question: number; readonly text: string };

export type ClientOptions = { readonly verbose: boolean; readonly cases?: readonly string[] | undefined };

/** @returns the outcome of each case that the client reported */
export async function runClient(
  client: Client,
  place: Place,
  { verbose, cases }: ClientOptions,
): Promise<Record<string, Outcome>> {
  const scratch = await mkdtemp(join(tmpdir(), 'portunus-client-'));
  const given = {
    ...(await place.tokensFor(client.id)),
    folder: folderOf(client.group),
    module: client.module,
    arguments: client.arguments ?? [],
    models: MODELS,
    providers: PROVIDERS,
    embedders: EMBEDDERS,
    scratch,
    verbose,
    cases,
  };
  const child = fork(join(import.meta.dirname, client.script ?? ''), {
    execArgv: ['--import', HOOK, '--disable-warning=ExperimentalWarning'],
    // A home of its own: some clients keep registrations and tokens there.
    env: { PATH: process.env['PATH'], HOME: scratch, PORTUNUS_CLIENT: JSON.stringify(given) },
    stdio: ['ignore', verbose ? 'inherit' : 'ignore', 'pipe', 'ipc'],
    timeout: CLIENT_LIMIT_MS,
  });
  const outcomes: Record<string, Outcome> = {};
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    errors += String(chunk);
    if (verbose) process.stderr.write(chunk);
  });
  child.on('message', (message: Message) => {
    if ('question' in message) {
      child.send({ answerTo: message.question, value: place.providerReceived(message.text) });
    } else {
      const { case: name, ...outcome } = message;
      outcomes[name] = outcome;
    }
  });
  await once(child, 'close');
  await rm(scratch, { recursive: true, force: true });
  return completed(client, outcomes, { cases, errors });
}

/** Cases that the client never reported have failed; a listed fault is the client's own. */
export function completed(
  { kind, faults = {} }: Client,
  outcomes: Record<string, Outcome>,
  { cases, errors }: { readonly cases: readonly string[] | undefined; readonly errors: string },
): Record<string, Outcome> {
  const reason = `Its process ended before this case. ${lastError(errors)}`.trim();
  return Object.fromEntries(
    CASES[kind]
      .filter((name) => cases === undefined || cases.includes(name))
      .map((name) => [name, judged(outcomes[name] ?? { outcome: 'failed', reason }, faults[name])]),
  );
}

const lastError = (errors: string) =>
  errors
    .split('\n')
    .findLast((line) => /error/i.test(line))
    ?.slice(0, 200) ?? '';

function judged(outcome: Outcome, fault: string | undefined): Outcome {
  if (fault === undefined) return outcome;
  if (outcome.outcome === 'failed') return { outcome: 'fault', reason: fault };
  return { outcome: 'stale', reason: `Listed as a fault of the client: ${fault}` };
}
