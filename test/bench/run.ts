// `npm run bench`: figures of this tree, as ratios within one run. Absolute times are of this machine.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

import { admission } from './admission.ts';
import { auditVerification } from './audit-verify.ts';
import { bundling } from './bundling.ts';
import { cacheTiers } from './cache.ts';
import { coldStarts } from './cold-start.ts';
import { completions } from './completions.ts';
import { besidePeer } from './peer.ts';
import { rejections } from './rejections.ts';
import { registeredTools } from './registered-tools.ts';
import { withStack } from './stack.ts';
import { starts } from './start.ts';
import { say } from './table.ts';
import { throughput } from './throughput.ts';
import { vault } from './vault.ts';

const PARTS = {
  admission,
  audit: auditVerification,
  bundling,
  cache: cacheTiers,
  cold: coldStarts,
  completions,
  load: (quick: boolean) => withStack((stack) => throughput(stack, quick)),
  peer: besidePeer,
  rejections: () => withStack(rejections),
  start: starts,
  tools: (quick: boolean) => withStack((stack) => registeredTools(stack, quick)),
  vault,
};
type Part = keyof typeof PARTS;
const ALL = Object.keys(PARTS) as Part[];

const HELP = `Usage: npm run bench -- [options]

Prints ratios measured in this run, on loopback, each beside its limit or what it is held against.

  admission    what authorizer, rates, reservation and settlement cost, in AWS calls and ms, against the same without them
  audit        verification of the audit log, records per second, against SHA-256 of the same bytes
  bundling     all functions and one changed function, against one plain esbuild call over the same entries
  cache        an answer from each tier of the response cache and a miss, against a live one; beside @portkey-ai/gateway
  cold         bundle size and cold start of each function, against an empty handler under the same runtime client
  completions  what /v1/chat/completions adds to a direct call, JSON and SSE, and its own part of it; beside @portkey-ai/gateway
  load         requests per second, p50 and p95 at 16 connections, against a handler that does nothing
  peer         which requests are answered, and what each route of /v1 adds, beside @portkey-ai/gateway
  rejections     the time to reject each kind of bad input
  start        npm start to ready, cold and again
  tools        the list of tools with 200 registered ones, against our own alone
  vault        sealing and opening a key, against bare AES-256-GCM and the official SDK; KMS calls for 1,000 uses

  --only <parts>   some of these, separated by commas (default: all)
  --quick          fewer rounds: a first look, not a figure to quote
  --help           show this text`;

function isPart(name: string): name is Part {
  return Object.hasOwn(PARTS, name);
}

const { values } = parseArgs({
  options: { only: { type: 'string' }, quick: { type: 'boolean' }, help: { type: 'boolean' } },
});
const parts = values.only?.split(',') ?? ALL;
const unknown = parts.find((name) => !isPart(name));
if (values.help) {
  say(HELP);
} else if (unknown !== undefined) {
  say(`There is no part ${unknown}: ${ALL.join(', ')}.`);
  process.exitCode = 1;
} else {
  say(
    `Node ${process.version}, ${availableParallelism()} cores${values.quick ? ', quick: not a figure to quote' : ''}`,
  );
  for (const part of parts.filter(isPart)) await PARTS[part](values.quick ?? false);
}
