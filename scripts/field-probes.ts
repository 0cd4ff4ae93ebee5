// Requests with one field each, in the three dialects: what `npm run compat` sends through the translations.
type Json = Readonly<Record<string, unknown>>;
/** Path of the field, the part of a body that has it, and the same part without it. */
export type Probe = readonly [path: string, part: Json, without?: Json];

const call = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } };
const tool = { type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } };
const schema = {
  type: 'object',
  properties: { a: { type: 'string' } },
  required: ['a'],
  additionalProperties: false,
};
const PNG = 'data:image/png;base64,AAAA';
const PDF = 'data:application/pdf;base64,JVBERi0=';
const hello: Json = { messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }] };
const user = (part: Json): Json => ({
  messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }, part] }],
});
const loop = (more: Json, result: unknown = 'done'): Json => ({
  messages: [
    { role: 'user', content: 'hi' },
    { role: 'assistant', content: null, tool_calls: [call], ...more },
    { role: 'tool', tool_call_id: 'call_1', content: result },
  ],
  tools: [tool],
});

/** OpenAI's Chat Completions, with the fields of other providers that its clients send. */
export const CHAT: readonly Probe[] = [
  ['max_tokens', { max_tokens: 64 }],
  ['max_completion_tokens', { max_completion_tokens: 64 }],
  ['temperature', { temperature: 0.5 }],
  ['top_p', { top_p: 0.9 }],
  ['top_k', { top_k: 40 }],
  ['stop', { stop: ['END'] }],
  ['seed', { seed: 7 }],
  ['n', { n: 2 }],
  ['frequency_penalty', { frequency_penalty: 0.5 }],
  ['presence_penalty', { presence_penalty: 0.5 }],
  ['logit_bias', { logit_bias: { '50256': -100 } }],
  ['logprobs', { logprobs: true }],
  ['top_logprobs', { logprobs: true, top_logprobs: 2 }, { logprobs: true }],
  ['response_format: json_object', { response_format: { type: 'json_object' } }],
  [
    'response_format: json_schema',
    { response_format: { type: 'json_schema', json_schema: { name: 'a', schema, strict: true } } },
  ],
  ['tools', { tools: [tool] }],
  [
    'tools.function.strict',
    { tools: [{ ...tool, function: { name: 'f', parameters: schema, strict: true } }] },
  ],
  ['tools: custom', { tools: [{ type: 'custom', custom: { name: 'c' } }] }],
  ['tool_choice: required', { tools: [tool], tool_choice: 'required' }, { tools: [tool] }],
  ['tool_choice: none', { tools: [tool], tool_choice: 'none' }, { tools: [tool] }],
  [
    'tool_choice: function',
    { tools: [tool], tool_choice: { type: 'function', function: { name: 'f' } } },
    { tools: [tool] },
  ],
  ['parallel_tool_calls', { tools: [tool], parallel_tool_calls: false }, { tools: [tool] }],
  ['reasoning_effort', { reasoning_effort: 'high' }],
  [
    'thinking',
    { max_tokens: 4096, thinking: { type: 'enabled', budget_tokens: 1024 } },
    { max_tokens: 4096 },
  ],
  ['verbosity', { verbosity: 'low' }],
  ['user', { user: 'u1' }],
  ['metadata', { metadata: { a: 'b' } }],
  ['store', { store: true }],
  ['service_tier: flex', { service_tier: 'flex' }],
  ['service_tier: priority', { service_tier: 'priority' }],
  ['prompt_cache_key', { prompt_cache_key: 'k' }],
  ['safety_identifier', { safety_identifier: 's' }],
  ['prediction', { prediction: { type: 'content', content: 'x' } }],
  ['web_search_options', { web_search_options: {} }],
  ['field_of_tomorrow', { field_of_tomorrow: 1 }],
  [
    'messages.name',
    { messages: [{ role: 'user', name: 'ann', content: 'hi' }] },
    { messages: [{ role: 'user', content: 'hi' }] },
  ],
  [
    'messages.role: developer',
    {
      messages: [
        { role: 'developer', content: 'x' },
        { role: 'user', content: 'hi' },
      ],
    },
  ],
  ['messages.tool_calls', loop({})],
  ['messages.reasoning_content', loop({ reasoning_content: 'hm' }), loop({})],
  [
    'messages.thinking_blocks',
    loop({ thinking_blocks: [{ type: 'thinking', thinking: 'hm', signature: 's' }] }),
    loop({}),
  ],
  ['messages.content.image_url', user({ type: 'image_url', image_url: { url: PNG } }), hello],
  ['messages.content.file', user({ type: 'file', file: { filename: 'a.pdf', file_data: PDF } }), hello],
  [
    'messages.content.input_audio',
    user({ type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }),
    hello,
  ],
  [
    'messages.content.cache_control',
    {
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'hi', cache_control: { type: 'ephemeral' } }] },
      ],
    },
    hello,
  ],
  ['a picture in a tool result', loop({}, [{ type: 'image_url', image_url: { url: PNG } }]), loop({})],
];

const own = { name: 'f', input_schema: { type: 'object' } };
const plain: Json = { system: [{ type: 'text', text: 'x' }] };
/** Anthropic's Messages. */
export const MESSAGES: readonly Probe[] = [
  ['system', { system: 'Be brief.' }],
  ['max_tokens', { max_tokens: 64 }],
  ['temperature', { temperature: 0.5 }],
  ['top_p', { top_p: 0.9 }],
  ['top_k', { top_k: 40 }],
  ['stop_sequences', { stop_sequences: ['END'] }],
  ['tools', { tools: [own] }],
  ['tools: bash', { tools: [{ type: 'bash_20250124', name: 'bash' }] }],
  ['tools: web_search', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
  ['tool_choice', { tools: [own], tool_choice: { type: 'any' } }, { tools: [own] }],
  [
    'thinking',
    { max_tokens: 4096, thinking: { type: 'enabled', budget_tokens: 1024 } },
    { max_tokens: 4096 },
  ],
  ['output_config.effort', { output_config: { effort: 'low' } }],
  ['output_config.format', { output_config: { format: { type: 'json_schema', schema } } }],
  ['metadata', { metadata: { user_id: 'u1' } }],
  ['service_tier', { service_tier: 'priority' }],
  ['context_management', { context_management: { edits: [] } }],
  ['cache_control', { system: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }] }, plain],
  [
    'cache_control.ttl',
    { system: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl: '1h' } }] },
    plain,
  ],
];

/** OpenAI's Responses. */
const fn = { type: 'function', name: 'f', parameters: { type: 'object', properties: {} } };
export const RESPONSES: readonly Probe[] = [
  ['instructions', { instructions: 'Be brief.' }],
  ['max_output_tokens', { max_output_tokens: 64 }],
  ['temperature', { temperature: 0.5 }],
  ['tools: function', { tools: [fn] }],
  ['tools: custom', { tools: [{ type: 'custom', name: 'apply_patch' }] }],
  ['tools: web_search', { tools: [{ type: 'web_search' }] }],
  ['tools: mcp', { tools: [{ type: 'mcp', server_label: 's', server_url: 'https://x.example' }] }],
  ['tool_choice', { tools: [fn], tool_choice: { type: 'function', name: 'f' } }, { tools: [fn] }],
  ['parallel_tool_calls', { tools: [fn], parallel_tool_calls: false }, { tools: [fn] }],
  ['text.format', { text: { format: { type: 'json_schema', name: 'a', schema, strict: true } } }],
  ['text.verbosity', { text: { verbosity: 'low' } }],
  ['reasoning.effort', { reasoning: { effort: 'high' } }],
  ['include', { include: ['reasoning.encrypted_content'] }],
  ['prompt_cache_key', { prompt_cache_key: 'k' }],
  ['metadata', { metadata: { a: 'b' } }],
  ['truncation', { truncation: 'auto' }],
  ['max_tool_calls', { max_tool_calls: 3 }],
  ['service_tier', { service_tier: 'priority' }],
  ['previous_response_id', { previous_response_id: 'resp_1' }],
  ['conversation', { conversation: 'conv_1' }],
  ['background', { background: true }],
  ['store', { store: true }],
  ['prompt', { prompt: { id: 'pmpt_1' } }],
];
