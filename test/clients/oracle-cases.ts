// Conversations in our neutral form and in that of the AI SDK, and the reasons for which the bodies differ.
type Json = Readonly<Record<string, unknown>>;

const schema = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
};
const text = (words: string) => [{ type: 'text', text: words }];
const user = { role: 'user', content: text('Weather in Bern?') };
const own = { role: 'user', content: 'Weather in Bern?' };
const PNG = 'iVBORw0KGgo=';
const tool = { type: 'function', name: 'weather', description: 'Tells', inputSchema: schema };
const ownTool = { type: 'function', function: { name: 'weather', description: 'Tells', parameters: schema } };
const call = {
  id: 'abcdefgh1',
  type: 'function',
  function: { name: 'weather', arguments: '{"city":"Bern"}' },
};

export const CONVERSATIONS: readonly (readonly [title: string, chat: Json, prompt: Json])[] = [
  ['a word', { messages: [own], max_tokens: 64 }, { prompt: [user], maxOutputTokens: 64 }],
  [
    'a system message and sampling',
    {
      messages: [{ role: 'system', content: 'Be brief.' }, own],
      max_tokens: 64,
      temperature: 0.5,
      stop: ['END'],
    },
    {
      prompt: [{ role: 'system', content: 'Be brief.' }, user],
      maxOutputTokens: 64,
      temperature: 0.5,
      stopSequences: ['END'],
    },
  ],
  [
    'a tool, chosen by name',
    {
      messages: [own],
      max_tokens: 64,
      tools: [ownTool],
      tool_choice: { type: 'function', function: { name: 'weather' } },
    },
    { prompt: [user], maxOutputTokens: 64, tools: [tool], toolChoice: { type: 'tool', toolName: 'weather' } },
  ],
  [
    'any tool',
    { messages: [own], max_tokens: 64, tools: [ownTool], tool_choice: 'required' },
    { prompt: [user], maxOutputTokens: 64, tools: [tool], toolChoice: { type: 'required' } },
  ],
  [
    'a loop of a tool',
    {
      messages: [
        own,
        { role: 'assistant', content: null, tool_calls: [call] },
        { role: 'tool', tool_call_id: 'abcdefgh1', content: '9 degrees' },
      ],
      max_tokens: 64,
      tools: [ownTool],
    },
    {
      prompt: [
        user,
        {
          role: 'assistant',
          content: [
            { type: 'tool-call', toolCallId: 'abcdefgh1', toolName: 'weather', input: { city: 'Bern' } },
          ],
        },
        {
          role: 'tool',
          content: [
            {
              type: 'tool-result',
              toolCallId: 'abcdefgh1',
              toolName: 'weather',
              output: { type: 'text', value: '9 degrees' },
            },
          ],
        },
      ],
      maxOutputTokens: 64,
      tools: [tool],
    },
  ],
  [
    'a picture',
    {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'see' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } },
          ],
        },
      ],
      max_tokens: 64,
    },
    {
      prompt: [
        {
          role: 'user',
          content: [
            ...text('see'),
            { type: 'file', mediaType: 'image/png', data: { type: 'data', data: PNG } },
          ],
        },
      ],
      maxOutputTokens: 64,
    },
  ],
  [
    'a schema for the answer',
    {
      messages: [own],
      max_tokens: 64,
      response_format: { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } },
    },
    { prompt: [user], maxOutputTokens: 64, responseFormat: { type: 'json', name: 'answer', schema } },
  ],
];

/** Provider, path, reason. */
export const REASONS: readonly (readonly [provider: string, path: RegExp, reason: string])[] = [
  ['anthropic', /^system/, 'a text alone is the same as a list of one text'],
  [
    'mistral',
    /^messages\.\d+\.content(?:\.0\.(?:type|text))?$/,
    'a text alone is the same as a list of one text; every model takes it',
  ],
  [
    'mistral',
    /^messages\.0\.content\.1\.image_url/,
    'the address is in an object, which has room for `detail`; the API takes both',
  ],
  ['mistral', /^tool_choice$/, 'the API has both words for it'],
  [
    'mistral',
    /^response_format\.json_schema\.strict$/,
    'as the caller wrote it; the AI SDK has an option of its own',
  ],
  [
    'google',
    /^contents\.\d+\.parts\.\d+\.function(?:Call|Response)\.id$/,
    'optional: calls and results are paired by name and order',
  ],
  [
    'google',
    /^contents\.2\.parts\.0\.functionResponse\.response\./,
    'a free object: the API documents `result` and `output` as names',
  ],
];
