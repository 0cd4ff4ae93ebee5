// Chat requests with every field that some provider takes, for judges that look at what is sent.
const hello = { role: 'user', content: 'hi' };
const call = (id: string, args = '{"a":1}') => ({
  id,
  type: 'function',
  function: { name: 'f', arguments: args },
});
const PNG = 'data:image/png;base64,AAAA';
const tool = (parameters?: object, more: object = {}) => ({
  type: 'function',
  function: { name: 'f', description: 'does', ...(parameters && { parameters }), ...more },
});
const schema = { type: 'object', properties: { age: { type: 'integer', minimum: 0 } }, required: ['age'] };
const loop = (result: unknown) => [
  { role: 'system', content: 'Be brief.' },
  { ...hello, name: 'ann' },
  { role: 'assistant', content: 'So', name: 'bot', tool_calls: [call('call_1'), call('call_2', '')] },
  { role: 'tool', tool_call_id: 'call_1', name: 'f', content: result },
  { role: 'tool', tool_call_id: 'call_2', content: '' },
];

export const CASES: readonly (readonly [title: string, body: Record<string, unknown>])[] = [
  ['a word', {}],
  [
    'sampling',
    { temperature: 0.7, top_p: 0.9, frequency_penalty: 0.1, presence_penalty: 0.1, seed: 7, stop: 'END' },
  ],
  ['limits', { max_tokens: 100, stop: ['A', 'B'] }],
  ['the other limit', { max_completion_tokens: 5000 }],
  ['a tool', { tools: [tool(schema)], tool_choice: 'auto' }],
  ['a tool without a schema', { tools: [tool()], tool_choice: 'required' }],
  ['a tool with a union', { tools: [tool({ anyOf: [schema, { type: 'object', properties: { b: {} } }] })] }],
  [
    'a strict tool, chosen by name',
    { tools: [tool(schema, { strict: true })], tool_choice: { type: 'function', function: { name: 'f' } } },
  ],
  ['one tool at a time', { tools: [tool(schema)], parallel_tool_calls: false }],
  ['no tool', { tools: [tool(schema)], tool_choice: 'none' }],
  ['a loop of tools', { messages: loop('done'), tools: [tool(schema)] }],
  [
    'a loop with a picture',
    {
      messages: loop([
        { type: 'text', text: 'see' },
        { type: 'image_url', image_url: { url: PNG } },
      ]),
      tools: [tool(schema)],
    },
  ],
  [
    'thoughts of another model',
    { messages: [hello, { role: 'assistant', content: 'x', reasoning_content: 'hm' }, hello] },
  ],
  [
    'a picture',
    {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'see' },
            { type: 'image_url', image_url: { url: PNG, detail: 'low' } },
          ],
        },
      ],
    },
  ],
  [
    'a picture by address',
    {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url: 'https://x.org/i.png' } },
            { type: 'text', text: 'see' },
          ],
        },
      ],
    },
  ],
  [
    'a document',
    {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } },
          ],
        },
      ],
    },
  ],
  [
    'a schema for the answer',
    { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } } },
  ],
  ['JSON', { response_format: { type: 'json_object' } }],
  ['an effort', { reasoning_effort: 'high' }],
  ['no effort', { reasoning_effort: 'none' }],
  ['a system message alone', { messages: [{ role: 'system', content: 'Say hello.' }] }],
  [
    'a developer',
    { messages: [{ role: 'developer', content: [{ type: 'text', text: 'Be brief.' }] }, hello] },
  ],
  ['a beginning to continue', { messages: [hello, { role: 'assistant', content: 'Well, ' }] }],
  [
    'blanks',
    {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: ' ' },
            { type: 'text', text: 'hi' },
          ],
        },
        { role: 'assistant', content: '' },
        hello,
      ],
    },
  ],
  [
    'nulls and defaults',
    { temperature: null, stop: null, logit_bias: {}, tools: [], n: 1, frequency_penalty: 0, user: null },
  ],
  [
    'account',
    { user: 'u1', metadata: { a: 'b' }, service_tier: 'auto', store: true, safety_identifier: 's' },
  ],
  [
    'a cache mark',
    {
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'hi', cache_control: { type: 'ephemeral' } }] },
      ],
    },
  ],
];
