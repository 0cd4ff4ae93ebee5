// The clients and servers of `npm run test:clients`: a row each.
import type { Kind } from './matrix.ts';

export type Client = {
  readonly id: string;
  readonly kind: Kind;
  /** Folder under packages/ that declares and locks it. */
  readonly group: string;
  /** The package whose version is shown; also the specifier that the script imports, where majors share one script. */
  readonly module: string;
  readonly title: string;
  /** The package on which it depends as a peer, whose version is shown before its own. */
  readonly peer?: string;
  /** Cases of the client, in its own process. Absent for upstream servers. */
  readonly script?: string;
  /** Difference from other clients of the same script. */
  readonly arguments?: readonly string[];
  /** Cases that fail by the client's own fault, with the reason. One that passes fails the run as stale. */
  readonly faults?: Readonly<Record<string, string>>;
};

const openAi = (module: string): Client => ({
  id: module,
  kind: 'models',
  group: 'openai',
  module,
  title: '`openai`',
  script: 'models/openai.mjs',
});

const aiSdk = (module: string, dialect: string): Client => ({
  id: `ai-sdk-${dialect}`,
  kind: 'models',
  group: 'ai-sdk',
  module,
  peer: 'ai',
  title: `\`ai\` with \`${module}\``,
  script: 'models/ai-sdk.mjs',
  arguments: [dialect],
});

/** The same packages over `POST /v1/responses`. */
const overResponses = (client: Client): Client => ({
  ...client,
  id: `${client.group}-responses`,
  title: `${client.title}, responses`,
  arguments: ['responses'],
});

const modelClient = (group: string, module: string): Client => ({
  id: group,
  kind: 'models',
  group,
  module,
  title: `\`${module}\``,
  script: `models/${group}.mjs`,
});

const sdkV1 = (module: string): Client => ({
  id: module,
  kind: 'mcp',
  group: 'mcp',
  module,
  title: '`@modelcontextprotocol/sdk`',
  script: 'mcp/sdk-v1.mjs',
});

const sdkV2 = (era: string): Client => ({
  id: `mcp-client-${era}`,
  kind: 'mcp',
  group: 'mcp',
  module: '@modelcontextprotocol/client',
  title: `\`@modelcontextprotocol/client\`, ${era} era`,
  script: 'mcp/sdk-v2.mjs',
  arguments: [era],
});

const mcpClient = (id: string, group: string, module: string, script: string): Client => ({
  id,
  kind: 'mcp',
  group,
  module,
  title: `\`${module}\``,
  script,
});

const inspector = (era: string): Client => ({
  ...mcpClient(`inspector-${era}`, 'inspector', '@modelcontextprotocol/inspector', 'mcp/inspector.mjs'),
  title: `\`@modelcontextprotocol/inspector\`, ${era} era`,
  arguments: [era],
});

const mcpRemote = (protocol: string): Client => ({
  ...mcpClient(`mcp-remote-${protocol}`, 'mcp', 'mcp-remote', 'mcp/mcp-remote.mjs'),
  title: `\`mcp-remote --protocol ${protocol}\``,
  arguments: ['--protocol', protocol],
  faults: {
    'expired token':
      'It begins to sign in, and sends the configured header to the token endpoint too, which rejects that.',
  },
});

export const CLIENTS: readonly Client[] = [
  openAi('openai-5'),
  openAi('openai-6'),
  openAi('openai-7'),
  {
    id: 'anthropic',
    kind: 'models',
    group: 'anthropic',
    module: '@anthropic-ai/sdk',
    title: '`@anthropic-ai/sdk`',
    script: 'models/anthropic.mjs',
  },
  aiSdk('@ai-sdk/openai', 'openai'),
  aiSdk('@ai-sdk/openai-compatible', 'compatible'),
  aiSdk('@ai-sdk/anthropic', 'anthropic'),
  modelClient('langchain', '@langchain/openai'),
  modelClient('openai-agents', '@openai/agents'),
  modelClient('llamaindex', 'llamaindex'),
  { ...overResponses(openAi('openai-7')), script: 'models/openai-responses.mjs' },
  overResponses(aiSdk('@ai-sdk/openai', 'openai')),
  overResponses(modelClient('langchain', '@langchain/openai')),
  overResponses(modelClient('openai-agents', '@openai/agents')),
  sdkV1('mcp-sdk-1.20'),
  sdkV1('mcp-sdk-1.26'),
  sdkV1('mcp-sdk-1.32'),
  sdkV2('legacy'),
  sdkV2('modern'),
  mcpClient('ai-sdk-mcp', 'ai-sdk', '@ai-sdk/mcp', 'mcp/ai-sdk.mjs'),
  {
    ...mcpClient('langchain-mcp', 'langchain', '@langchain/mcp-adapters', 'mcp/langchain.mjs'),
    faults: { 'wrong argument': 'It checks arguments itself, and its message does not name the wrong one.' },
  },
  mcpClient('openai-agents-mcp', 'openai-agents', '@openai/agents', 'mcp/openai-agents.mjs'),
  mcpClient('genkit-mcp', 'genkit', '@genkit-ai/mcp', 'mcp/genkit.mjs'),
  mcpClient('mastra-mcp', 'mastra', '@mastra/mcp', 'mcp/mastra.mjs'),
  inspector('legacy'),
  inspector('modern'),
  mcpClient('mcporter', 'mcp', 'mcporter', 'mcp/mcporter.mjs'),
  mcpRemote('legacy'),
  mcpRemote('auto'),
];
