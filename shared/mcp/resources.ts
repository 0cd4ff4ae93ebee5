// Resources that a client can read without calling a tool. Todos are still read through the tools: one path, one set of
// checks.
import { type McpServer, type ReadResourceResult, ResourceTemplate } from '@modelcontextprotocol/server';

import type { McpMessage } from './message.ts';
import type { ToolCalls } from './tool-calls.ts';
import { resourceError } from './results.ts';

const TODOS = 'portunus://todos';
const USAGE = 'portunus://usage';
const HELP = 'portunus://help';

const HELP_TEXT = `# Portunus

Todos, AI models and small utilities, called on your own stored keys.

- Your keys are stored over REST (POST /api-keys), never here, and no tool can read one.
- \`ai_chat\` asks a model on your key. Without one it tells you where to make it.
- \`todo_*\` keeps your todos. \`portunus://todos\` is the open ones, \`portunus://todos/{id}\` one of them.
- \`portunus://usage\` is what you have used of your limits, and what is left.
- \`time_*\`, \`calc_evaluate\`, \`text_*\` and \`json_*\` compute; \`key_status\`, \`usage_status\` and \`service_status\` tell.
- A tool that changes something takes \`idempotency_key\`: sent again with the same key and arguments, the call is answered
  as before and not done again.
- A rejection names its code and the next step, as text and in \`_meta["dev.portunus/error"]\`.
`;

/** True if reading this resource calls a tool, which writes its own audit record. */
export const readsByTool = ({ method, params }: McpMessage): boolean => {
  if (method !== 'resources/read' || typeof params !== 'object' || params === null) return false;
  const { uri } = params as { uri?: unknown };
  return typeof uri === 'string' && (uri === TODOS || uri === USAGE || uri.startsWith(`${TODOS}/`));
};

export function addResources(server: McpServer, calls: ToolCalls): void {
  const { principal, requestId, deadline, invoke, report } = calls;

  async function read(uri: string, toolName: string, parameters: object): Promise<ReadResourceResult> {
    const answer = await invoke({ toolName, parameters, principal, requestId, deadline });
    if (answer.ok) {
      return { contents: [{ uri, mimeType: 'application/json', text: JSON.stringify(answer.result) }] };
    }
    report(answer.failure ?? answer.error);
    throw resourceError(answer, uri, requestId);
  }

  server.registerResource(
    'help',
    HELP,
    { title: 'Help', description: 'Overview of the tools of this server.', mimeType: 'text/markdown' },
    () => ({ contents: [{ uri: HELP, mimeType: 'text/markdown', text: HELP_TEXT }] }),
  );
  server.registerResource(
    'todos',
    TODOS,
    {
      title: 'Your open todos',
      description: 'The first 100 open todos, oldest first.',
      mimeType: 'application/json',
    },
    () => read(TODOS, 'todo_list', { limit: 100 }),
  );
  server.registerResource(
    'todo',
    new ResourceTemplate(`${TODOS}/{id}`, { list: undefined }),
    { title: 'Todo', description: 'One todo by its id.', mimeType: 'application/json' },
    ({ href }, { id }) => read(href, 'todo_get', { id }),
  );
  server.registerResource(
    'usage',
    USAGE,
    {
      title: 'Your usage and quota',
      description: 'Calls and cost of this day and month, by provider, and the remaining amounts.',
      mimeType: 'application/json',
    },
    () => read(USAGE, 'usage_status', {}),
  );
}
