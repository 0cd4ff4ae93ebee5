// `npm run vault -- rewrap --to <key>`: an operator's orders to the vault.
import { parseArgs } from 'node:util';

import * as z from 'zod';

import { invokeFunction } from './invoke-function.ts';

const HELP = `Usage: npm run vault -- rewrap --to <key ARN> [options]

Moves all stored keys to the CMK that new keys are sealed under, by KMS ReEncrypt: no key is opened. Can be stopped and
started again at any time; keys stay assertUsable throughout.

  --to <key ARN>     the CMK to move to; must be the stage's own (VAULT_KEY_ARN)
  --dry-run          only counts what would move
  --stage <stage>    local (default: the running local stack), dev or prod (through the AWS command line)
  --help             show this text

A whole change of CMK, each step a deployment or a command:
  1  deploy with "vaultKeys": [1, 2]   key 2 is made; everybody may open under both
  2  deploy with "vaultKeys": [2, 1]   new keys are sealed under key 2
  3  npm run vault -- rewrap --to <ARN of key 2>
  4  deploy with "vaultKeys": [2]      nobody may use key 1; disable it for 7 days, then schedule its deletion`;

const STAGES = ['local', 'dev', 'prod'];

const Report = z.object({
  to: z.string(),
  done: z.boolean(),
  seen: z.number(),
  moved: z.number(),
  changed: z.number(),
  failed: z.number(),
});
type Report = z.infer<typeof Report>;

function orderFrom(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      to: { type: 'string' },
      stage: { type: 'string', default: 'local' },
      'dry-run': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const { to, stage, help, 'dry-run': dryRun } = values;
  if (help) return undefined;
  if (positionals.join(' ') !== 'rewrap') throw new Error(`The one order there is: rewrap.\n\n${HELP}`);
  if (!STAGES.includes(stage)) throw new Error(`There is no stage ${stage}: ${STAGES.join(', ')}.`);
  if (to === undefined) throw new Error(`Say where to: --to <key ARN>.\n\n${HELP}`);
  return { to, stage, dryRun };
}

const lineOf = ({ seen, moved, failed }: Report, dryRun: boolean) =>
  `${seen} keys looked at, ${moved} ${dryRun ? 'to move' : 'moved'}${failed > 0 ? `, ${failed} FAILED` : ''}`;

async function main(): Promise<void> {
  const order = orderFrom(process.argv.slice(2));
  if (!order) {
    console.log(HELP);
    return;
  }
  const { to, stage, dryRun } = order;
  for (;;) {
    const report = Report.parse(await invokeFunction(stage, 'on-rewrap', { to, dry_run: dryRun }));
    console.log(lineOf(report, dryRun));
    if (report.done || dryRun) {
      if (!report.done) throw new Error('There was no time to look at all of them.');
      if (report.failed === 0) return;
      throw new Error(
        'Keys that failed are named in the trail (key.rewrapped, failed) and stay where they are.',
      );
    }
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
