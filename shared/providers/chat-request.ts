// What can be asked of a model, in the words of OpenAI's Chat Completions. Each adapter translates it, or says what it
// cannot.
import * as z from 'zod';

const Text = z.strictObject({ type: z.literal('text'), text: z.string() });

/** Handed to the provider as it is: nothing is fetched here. */
const ImageUrl = z
  .string()
  .regex(
    /^(?:https:\/\/\S+|data:image\/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2})$/,
    'must be an https address or a data: URL of a png, jpeg, gif or webp in base64',
  );
const Image = z.strictObject({
  type: z.literal('image_url'),
  image_url: z.strictObject({ url: ImageUrl, detail: z.enum(['auto', 'low', 'high']).optional() }),
});

const Texts = z.union([z.string(), z.array(Text).min(1)]);
const FunctionName = z.string().regex(/^[\w-]{1,64}$/);

const CalledTool = z.object({
  id: z.string().min(1).max(200),
  type: z.literal('function'),
  function: z.object({ name: FunctionName, arguments: z.string() }),
  /** What a provider wants to have back with its own call: Google's thought signatures. */
  extra_content: z.record(z.string(), z.unknown()).optional(),
});

/** An assistant's message comes back as some provider gave it: what is not known of it is dropped, not refused. */
const Assistant = z.object({
  role: z.literal('assistant'),
  content: Texts.nullish(),
  tool_calls: z.array(CalledTool).min(1).max(128).optional(),
  name: z.string().max(64).optional(),
});

export const ChatMessage = z.discriminatedUnion('role', [
  z.strictObject({
    role: z.enum(['system', 'developer']),
    content: Texts,
    name: z.string().max(64).optional(),
  }),
  z.strictObject({
    role: z.literal('user'),
    content: z.union([z.string(), z.array(z.union([Text, Image])).min(1)]),
    name: z.string().max(64).optional(),
  }),
  Assistant,
  z.strictObject({ role: z.literal('tool'), content: Texts, tool_call_id: z.string().min(1).max(200) }),
]);
export type ChatMessage = z.output<typeof ChatMessage>;

const ChatTool = z.strictObject({
  type: z.literal('function'),
  function: z.strictObject({
    name: FunctionName,
    description: z.string().optional(),
    parameters: z.record(z.string(), z.unknown()).optional(),
    strict: z.boolean().nullish(),
  }),
});

const ResponseFormat = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object') }),
  z.strictObject({
    type: z.literal('json_schema'),
    json_schema: z.strictObject({
      name: FunctionName,
      description: z.string().optional(),
      schema: z.record(z.string(), z.unknown()).optional(),
      strict: z.boolean().nullish(),
    }),
  }),
]);

const Tokens = z.int().min(1).max(1_000_000);
const Penalty = z.number().min(-2).max(2);

/** Fields that change what is answered: a provider that does not know one refuses it by name. */
const CONTENT = {
  messages: z.array(ChatMessage).min(1).max(1000),
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().min(0).max(1).optional(),
  stop: z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(16)]).optional(),
  tools: z.array(ChatTool).min(1).max(128).optional(),
  tool_choice: z
    .union([
      z.enum(['none', 'auto', 'required']),
      z.strictObject({ type: z.literal('function'), function: z.strictObject({ name: FunctionName }) }),
    ])
    .optional(),
  parallel_tool_calls: z.boolean().optional(),
  response_format: ResponseFormat.optional(),
  frequency_penalty: Penalty.optional(),
  presence_penalty: Penalty.optional(),
  logit_bias: z.record(z.string(), z.number()).optional(),
  logprobs: z.boolean().optional(),
  top_logprobs: z.int().min(0).max(20).optional(),
  reasoning_effort: z.string().max(20).optional(),
  verbosity: z.string().max(20).optional(),
};

/** Fields that may be left out without the answer being another one: dropped where a provider does not know them. */
const ASIDE = {
  seed: z.int().optional(),
  user: z.string().max(256).optional(),
  safety_identifier: z.string().max(256).optional(),
  prompt_cache_key: z.string().max(256).optional(),
  metadata: z.record(z.string(), z.string()).optional(),
  service_tier: z.string().max(20).optional(),
  store: z.boolean().optional(),
};

const unsupported = z.undefined('is not supported here').optional();

/** The body of `POST /v1/chat/completions`. */
export const ChatBody = z.strictObject({
  ...CONTENT,
  ...ASIDE,
  /** `<provider>/<model>`, or the provider's own name of a model. */
  model: z.string().regex(/^[\w.:/@-]{1,200}$/),
  max_tokens: Tokens.optional(),
  max_completion_tokens: Tokens.optional(),
  n: z.literal(1, 'must be 1').optional(),
  stream: z.boolean().optional(),
  stream_options: z
    .strictObject({ include_usage: z.boolean().optional(), include_obfuscation: z.boolean().optional() })
    .optional(),
  audio: unsupported,
  functions: unsupported,
  function_call: unsupported,
  modalities: unsupported,
  prediction: unsupported,
  web_search_options: unsupported,
});
export type ChatBody = z.output<typeof ChatBody>;

type Content = z.output<z.ZodObject<typeof CONTENT>>;
type Aside = z.output<z.ZodObject<typeof ASIDE>>;

/** One question to one model. */
export type ChatRequest = Content &
  Aside & { readonly model: string; readonly max_tokens?: number | undefined };

export type ChatField = keyof ChatRequest;
