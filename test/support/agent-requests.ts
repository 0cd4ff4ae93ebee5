// Requests of coding agents in the shape that they send them: many tools with full schemas, marks for the prompt cache, thoughts,
// and a long loop of tool calls. The texts are made up.
const TOOLS = 120;

const schemaOf = (at: number) => ({
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  properties: {
    file_path: { type: 'string', description: 'The absolute path to the file' },
    limit: { type: 'integer', minimum: 1, description: 'The number of lines to read' },
    mode: { type: 'string', enum: ['content', 'files_with_matches', 'count'] },
    edits: {
      type: 'array',
      items: {
        type: 'object',
        properties: { old_string: { type: 'string' }, new_string: { type: 'string' } },
        required: ['old_string', 'new_string'],
        additionalProperties: false,
      },
    },
    [`only_of_${at}`]: { type: 'boolean', default: false },
  },
  required: ['file_path'],
  additionalProperties: false,
});
const names = Array.from({ length: TOOLS }, (_, at) => (at < 100 ? `Tool_${at}` : `mcp__server__tool_${at}`));
const describe = (name: string) => `${name} reads and edits files. ${'Usage notes. '.repeat(20)}`;
const output = (turn: number) => `result ${turn}: ${'line of a file\n'.repeat(20)}`;

/** @param turns of the loop so far, each a call and its result */
export function claudeCodeRequest(model: string, turns: number, signature?: string) {
  const ephemeral = { cache_control: { type: 'ephemeral' } };
  const thought = signature === undefined ? [] : [{ type: 'thinking', thinking: 'Let me look.', signature }];
  const loop = Array.from({ length: turns }, (_, turn) => [
    {
      role: 'assistant',
      content: [
        ...thought,
        { type: 'text', text: `Step ${turn}.` },
        {
          type: 'tool_use',
          id: `toolu_01${String(turn).padStart(22, 'A')}`,
          name: 'Tool_1',
          input: { file_path: '/x' },
        },
      ],
    },
    {
      role: 'user',
      content: [
        {
          type: 'tool_result',
          tool_use_id: `toolu_01${String(turn).padStart(22, 'A')}`,
          content: turn % 2 === 0 ? output(turn) : [{ type: 'text', text: output(turn) }],
          ...(turn % 7 === 0 && { is_error: true }),
          ...(turn === turns - 1 && ephemeral),
        },
        ...(turn % 5 === 0 ? [{ type: 'text', text: '<system-reminder>Keep going.</system-reminder>' }] : []),
      ],
    },
  ]).flat();
  return {
    model,
    max_tokens: 32_000,
    stream: true,
    temperature: 1,
    thinking: { type: 'enabled', budget_tokens: 10_000 },
    metadata: { user_id: 'user_0123456789abcdef_account__session_00000000-0000-4000-8000-000000000000' },
    system: [
      { type: 'text', text: "You are Claude Code, Anthropic's official CLI for Claude.", ...ephemeral },
      { type: 'text', text: 'You help with software engineering tasks. '.repeat(200), ...ephemeral },
    ],
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: '<system-reminder>Today is a day.</system-reminder>' },
          { type: 'text', text: 'fix the bug', ...ephemeral },
        ],
      },
      ...loop,
    ],
    tools: names.map((name, at) => ({ name, description: describe(name), input_schema: schemaOf(at) })),
  };
}
export const CLAUDE_CODE_HEADERS = {
  'anthropic-version': '2023-06-01',
  'anthropic-beta':
    'claude-code-20250219,interleaved-thinking-2025-05-14,fine-grained-tool-streaming-2025-05-14',
  'anthropic-dangerous-direct-browser-access': 'true',
  'x-app': 'cli',
  'x-stainless-lang': 'js',
  'x-stainless-retry-count': '0',
  'user-agent': 'claude-cli/2.0.0 (external, cli)',
};

const message = (role: string, text: string, type = 'input_text') => ({
  type: 'message',
  role,
  content: [{ type, text }],
});

/** @param reasoning items of earlier turns, as their provider wrote them */
export function codexRequest(model: string, turns: number, reasoning?: string) {
  const thought =
    reasoning === undefined
      ? []
      : [{ type: 'reasoning', summary: [], content: null, encrypted_content: reasoning }];
  const loop = Array.from({ length: turns }, (_, turn) => [
    ...thought,
    ...(turn % 4 === 0 ? [message('assistant', `Step ${turn}.`, 'output_text')] : []),
    {
      type: 'function_call',
      name: 'Tool_1',
      arguments: '{"file_path":"/x"}',
      call_id: `call_${String(turn).padStart(24, 'x')}`,
    },
    { type: 'function_call_output', call_id: `call_${String(turn).padStart(24, 'x')}`, output: output(turn) },
  ]).flat();
  return {
    model,
    instructions: 'You are a coding agent running in a terminal. '.repeat(200),
    input: [
      message('developer', '<permissions instructions>'),
      message('user', '<environment_context><cwd>/x</cwd></environment_context>'),
      message('user', 'fix the bug'),
      ...loop,
    ],
    tools: [
      ...names.map((name, at) => ({
        type: 'function',
        name,
        description: describe(name),
        strict: false,
        parameters: schemaOf(at),
      })),
      { type: 'web_search', external_web_access: false },
    ],
    tool_choice: 'auto',
    parallel_tool_calls: true,
    reasoning: { effort: 'medium', summary: 'auto' },
    store: false,
    stream: true,
    include: ['reasoning.encrypted_content'],
    prompt_cache_key: '00000000-0000-4000-8000-000000000000',
    text: { verbosity: 'low' },
  };
}
export const CODEX_HEADERS = {
  accept: 'text/event-stream',
  originator: 'codex_cli_rs',
  session_id: '00000000-0000-4000-8000-000000000000',
  version: '0.60.0',
  'user-agent': 'codex_cli_rs/0.60.0',
};
