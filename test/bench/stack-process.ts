// A stack in a process of its own, so that who measures it does not share its event loop. Ends with its parent.
import { rm } from 'node:fs/promises';

import type { StackOptions } from '#local/stack.ts';
import { withBudget } from '#test/support/budgets.ts';
import { newHome, startPortunus } from '#test/support/portunus.ts';
import { withoutRateLimits } from '#test/support/rates.ts';

import type { Question, Setup } from './stack.ts';

type Mutate = NonNullable<StackOptions['mutate']>;

/** Event consumers would be measured with the answers: on AWS they run elsewhere. */
const stopPipes: Mutate = (templates) => {
  for (const { Resources = {} } of Object.values(templates)) {
    for (const { Type, Properties } of Object.values(Resources)) {
      if (Type === 'AWS::Pipes::Pipe' && Properties) Properties['DesiredState'] = 'STOPPED';
    }
  }
};

/** Limited, as everybody is: without a limit admission would have nothing to check. */
const ENOUGH = { calls: 100_000_000, micro_usd: 1_000_000_000_000 };

const setup = JSON.parse(process.argv[2] ?? '{}') as Setup & { assembly: string };
const { assembly, quiet, provider } = setup;
const home = await newHome();
const portunus = await startPortunus({
  home,
  assembly,
  mutate(templates) {
    withoutRateLimits(templates);
    withBudget({ day: ENOUGH, month: ENOUGH })(templates);
    if (quiet) stopPipes(templates);
  },
  ...(provider && {
    parameters: ({ ProviderOrigins = '{}', TrustedOrigins = '[]' }) => ({
      ProviderOrigins: JSON.stringify({ ...JSON.parse(ProviderOrigins), openai: provider }),
      TrustedOrigins: JSON.stringify([...(JSON.parse(TrustedOrigins) as string[]), provider]),
    }),
  }),
});
const { token } = await portunus.person('alice');

async function end(): Promise<void> {
  await portunus.stop();
  await rm(home, { recursive: true, force: true });
  process.exit();
}

const answerTo = {
  tokens: async ({ of }: Question) =>
    Promise.all(of.map(async (name) => (await portunus.person(name)).token)),
  calls: ({ of, since = 0 }: Question) =>
    portunus.journal
      .all()
      .filter(({ at, caller }) => at >= since && of.some((name) => caller.endsWith(`-${name}`)))
      .map(({ at, operation, partitions }) => ({ at, operation, partitions })),
};

process.on('message', (message: Question & { id: number }) => {
  void (async () => process.send?.({ id: message.id, answer: await answerTo[message.ask](message) }))();
});
process.once('disconnect', () => void end());
process.send?.({ url: portunus.url, token });
