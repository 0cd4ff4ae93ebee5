// A stack in a process of its own, so that who measures it does not share its event loop. Ends with its parent.
import { rm } from 'node:fs/promises';

import { newHome, startPortunus } from '#test/support/portunus.ts';
import { unlimited } from '#test/support/rates.ts';

const [assembly = ''] = process.argv.slice(2);
const home = await newHome();
const portunus = await startPortunus({ home, assembly, mutate: unlimited });
const { token } = await portunus.person('alice');

async function end(): Promise<void> {
  await portunus.stop();
  await rm(home, { recursive: true, force: true });
  process.exit();
}

process.once('disconnect', () => void end());
process.send?.({ url: portunus.url, token });
