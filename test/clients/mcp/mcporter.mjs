// mcporter: an MCP client for the command line.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { given } from '#test/clients/cases.mjs';
import { commandFile, runCommand } from '#test/clients/command-line.mjs';

import { bearer, endpoint, runMcp } from './shared.mjs';

const file = commandFile('mcporter', 'dist/cli.js');

let configurations = 0;

async function connectWith(definition) {
  configurations += 1;
  const config = join(given.scratch, `mcporter-${configurations}.json`);
  const portunus = { url: endpoint.href, ...definition };
  await writeFile(config, JSON.stringify({ mcpServers: { portunus }, imports: [] }));
  const mcporter = async (...args) => {
    const { code, stdout, stderr } = await runCommand(file, ['--config', config, ...args]);
    if (code !== 0) throw new Error(stderr || stdout);
    return stdout;
  };
  return {
    signIn: () => mcporter('auth', 'portunus'),
    tools: async () => JSON.parse(await mcporter('list', 'portunus', '--json')).tools.map(({ name }) => name),
    call: (name, args) =>
      mcporter('call', `portunus.${name}`, '--args', JSON.stringify(args), '--output', 'raw'),
    resources: async () => JSON.parse(await mcporter('resource', 'portunus', '--json')).resources,
    read: (uri) => mcporter('resource', 'portunus', uri),
  };
}

await runMcp({
  connect: (token) => connectWith({ headers: bearer(token) }),
  async signIn() {
    const connection = await connectWith({ auth: 'oauth' });
    await connection.signIn();
    return connection;
  },
  without: {
    prompts: 'The client does not read prompts.',
    progress: 'The client does not report progress.',
  },
});
