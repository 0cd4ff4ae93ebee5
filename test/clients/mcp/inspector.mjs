// The command line of the MCP Inspector, in the protocol era that its arguments name.
import { once } from 'node:events';
import { createServer } from 'node:net';

import { given } from '#test/clients/cases.mjs';
import { commandFile, runCommand } from '#test/clients/command-line.mjs';

import { endpoint, runMcp } from './shared.mjs';

const [era] = given.arguments;
const file = commandFile('@modelcontextprotocol/inspector', 'clients/launcher/build/index.js');

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

/** Exit code of a result that is an error. Any other is a failure, as 6 of a schema that --strict rejects. */
const IS_ERROR = 5;

/** Opens the browser without a terminal; the default callback has one fixed port. */
const SIGNS_IN = {
  MCP_AUTO_OPEN_ENABLED: 'true',
  MCP_OAUTH_CALLBACK_URL: `http://127.0.0.1:${await freePort()}/oauth/callback`,
};

async function inspect(more, args) {
  const fixed = [
    '--cli',
    endpoint.href,
    '--transport',
    'http',
    '--protocol-era',
    era,
    '--format',
    'json',
    '-q',
  ];
  const { code, stdout, stderr } = await runCommand(file, [...fixed, ...more, ...args], {
    MCP_STORAGE_DIR: given.scratch,
    ...(more.length === 0 && SIGNS_IN),
  });
  if (code !== 0 && code !== IS_ERROR) throw new Error(stderr);
  return JSON.parse(stdout).result;
}

async function connectWith(more) {
  const ask = (method, ...args) => inspect(more, ['--method', method, ...args]);
  return {
    tools: async () => (await ask('tools/list', '--strict')).tools.map(({ name }) => name),
    call: (name, args) => ask('tools/call', '--tool-name', name, '--tool-args-json', JSON.stringify(args)),
    resources: async () => (await ask('resources/list')).resources,
    read: (uri) => ask('resources/read', '--uri', uri),
    prompts: async () => (await ask('prompts/list')).prompts,
    prompt: (name, args) =>
      ask(
        'prompts/get',
        '--prompt-name',
        name,
        '--prompt-args',
        ...Object.entries(args).map((pair) => pair.join('=')),
      ),
  };
}

await runMcp({
  connect: (token) => connectWith(['--header', `Authorization: Bearer ${token}`]),
  signIn: () => connectWith([]),
  without: { progress: 'The command line does not show progress.' },
});
