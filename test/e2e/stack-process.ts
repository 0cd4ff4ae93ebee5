// A stack in a process of its own: tells its address to the test that started it, and waits to be killed.
import { startPortunus } from '#test/support/portunus.ts';

const [home = '', engine] = process.argv.slice(2);
process.env['DDB_ENGINE'] = engine;
const portunus = await startPortunus({ home });
const { token } = await portunus.person('alice');
process.send?.({ url: portunus.url, token });
