// P13: a tool on a server of this machine is reached by an explicit switch, which the rejection names.
import { afterAll, expect, it } from 'vitest';

import { onEngine, usePortunus } from '#test/support/suite.ts';
import { json, startUpstream } from '#test/support/upstream.ts';

const upstream = await startUpstream();
afterAll(upstream.stop);
const port = Number(new URL(upstream.url).port);

const weather = (origin: string) => ({
  kind: 'http',
  alias: 'weather',
  tool: {
    name: 'forecast',
    description: 'The weather of a city.',
    method: 'GET',
    url: `${origin}/forecast`,
    input_schema: { type: 'object', properties: {}, additionalProperties: false },
  },
});

onEngine('a tool on this machine, without the switch', () => {
  const portunus = usePortunus();

  it('is rejected with the switch as the next step', async () => {
    const alice = await portunus.current.person('alice');
    const { body } = await alice.post('/mcp/tools', weather(`http://localhost:${port}`));
    expect(body).toMatchObject({
      code: 'egress_refused',
      next_step: expect.stringContaining('npm start -- --allow-local-tools'),
    });
  });
});

onEngine('a tool on this machine, with the switch for its port', () => {
  const portunus = usePortunus({ localToolPorts: [port] });

  it('is registered and called, and a server on another port is still rejected', async () => {
    const alice = await portunus.current.person('alice');
    const other = await alice.post('/mcp/tools', weather(`http://localhost:${port === 9 ? 10 : 9}`));
    expect(other.body.code).toBe('egress_refused');

    const { body } = await alice.post('/mcp/tools', weather(`http://localhost:${port}`));
    const [{ name, hash }] = body.tools;
    await alice.post(`/mcp/tools/${name}/review`, { decision: 'activate', hash });
    upstream.answer((_asked, response) => json(response, { sky: 'clear' }));
    expect((await alice.invoke(name)).body).toMatchObject({ success: true });
  });
});
