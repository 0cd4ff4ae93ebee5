// The neutral form of a chat: OpenAI's Chat Completions, read tolerantly. Every dialect is translated into it, every
// provider's request out of it. Unknown fields stay where they are: each provider passes them on or names them as dropped.
import * as z from 'zod';

type Loose<T> = T & { readonly [field: string]: unknown };

export type TextPart = Loose<{ readonly type: 'text'; readonly text: string }>;
export type ImagePart = Loose<{
  readonly type: 'image_url';
  readonly image_url: Loose<{ readonly url: string; readonly detail?: string | undefined }>;
}>;
export type FilePart = Loose<{
  readonly type: 'file';
  readonly file: Loose<{
    readonly file_data?: string | undefined;
    readonly file_id?: string | undefined;
    readonly filename?: string | undefined;
  }>;
}>;
export type AudioPart = Loose<{
  readonly type: 'input_audio';
  readonly input_audio: Loose<{ readonly data: string; readonly format: string }>;
}>;
/** A part of a type that is not known here: its own provider may know it. */
type OtherPart = Loose<{ readonly type: 'other' }>;
export type ContentPart = TextPart | ImagePart | FilePart | AudioPart | OtherPart;

/** Handed to the provider as an address or as data: nothing is fetched here. */
const ImageUrl = z
  .string()
  .regex(
    /^(?:https:\/\/\S+|data:image\/(?:png|jpe?g|gif|webp);base64,[A-Za-z0-9+/]+={0,2})$/i,
    'must be an https address or a data: URL of a png, jpeg, gif or webp in base64',
  )
  .transform((url) => url.replace(/^data:image\/jpg;/i, 'data:image/jpeg;'));

const FileData = z
  .string()
  .regex(/^data:[\w.+-]+\/[\w.+-]+;base64,[A-Za-z0-9+/]+={0,2}$/, 'must be a data: URL in base64');

const PARTS: Readonly<Record<string, z.ZodType>> = {
  text: z.looseObject({ text: z.string() }),
  image_url: z.looseObject({
    image_url: z.preprocess(
      (given) => (typeof given === 'string' ? { url: given } : given),
      z.looseObject({ url: ImageUrl, detail: z.string().optional() }),
    ),
  }),
  file: z.looseObject({
    file: z.looseObject({
      file_data: FileData.optional(),
      file_id: z.string().optional(),
      filename: z.string().optional(),
    }),
  }),
  input_audio: z.looseObject({
    input_audio: z.looseObject({ data: z.string(), format: z.string().max(20) }),
  }),
};

const Part = z.looseObject({ type: z.string().min(1).max(64) }).transform((part, context): ContentPart => {
  const schema = Object.hasOwn(PARTS, part.type) ? PARTS[part.type] : undefined;
  if (!schema) return part as unknown as OtherPart;
  const read = schema.safeParse(part);
  if (read.success) return read.data as ContentPart;
  for (const { path, message } of read.error.issues)
    context.addIssue({ code: 'custom', path: [...path], message });
  return z.NEVER;
});

const Parts = z.array(Part);

/** A text or a list of parts. Faults are named within the list. */
const Content = z.unknown().transform((content, context): string | ContentPart[] => {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) {
    context.addIssue({ code: 'custom', message: 'must be a string or a list of parts' });
    return z.NEVER;
  }
  const read = Parts.safeParse(content);
  if (read.success) return read.data;
  for (const { path, message } of read.error.issues)
    context.addIssue({ code: 'custom', path: [...path], message });
  return z.NEVER;
});
const FunctionName = z.string().regex(/^[\w.-]{1,128}$/, 'must be 1 to 128 letters, digits, _, . or -');

const ToolCall = z.looseObject({
  id: z.string().min(1).max(512),
  type: z.literal('function').default('function'),
  function: z.looseObject({ name: FunctionName, arguments: z.string().default('') }),
});
export type ToolCall = z.output<typeof ToolCall>;

/** Claude's own thoughts, which it must get back unchanged with the tool calls that followed them. */
const ThinkingBlock = z.looseObject({ type: z.enum(['thinking', 'redacted_thinking']) });

export const ChatMessage = z.discriminatedUnion('role', [
  z.looseObject({ role: z.enum(['system', 'developer']), content: Content }),
  z.looseObject({ role: z.literal('user'), content: Content }),
  z.looseObject({
    role: z.literal('assistant'),
    content: Content.nullish(),
    tool_calls: z.array(ToolCall).max(128).optional(),
    reasoning_content: z.string().optional(),
    thinking_blocks: z.array(ThinkingBlock).max(128).optional(),
  }),
  z.looseObject({
    role: z.literal('tool'),
    content: Content.nullish().transform((content) => content ?? ''),
    tool_call_id: z.string().min(1).max(512),
  }),
]);
export type ChatMessage = z.output<typeof ChatMessage>;
export type AssistantMessage = Extract<ChatMessage, { role: 'assistant' }>;

const ChatTool = z.looseObject({
  type: z.string().max(64).default('function'),
  function: z
    .looseObject({
      name: FunctionName,
      description: z.string().optional(),
      parameters: z.record(z.string(), z.unknown()).optional(),
      strict: z.boolean().optional(),
    })
    .optional(),
});
export type ChatTool = z.output<typeof ChatTool>;

const ResponseFormat = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('text') }),
  z.looseObject({ type: z.literal('json_object') }),
  z.looseObject({
    type: z.literal('json_schema'),
    json_schema: z.looseObject({
      name: z.string().max(64).default('response'),
      schema: z.record(z.string(), z.unknown()).optional(),
      strict: z.boolean().optional(),
    }),
  }),
]);

const ToolChoice = z.union(
  [
    z.enum(['none', 'auto', 'required', 'any']),
    z.looseObject({ type: z.literal('function'), function: z.looseObject({ name: FunctionName }) }),
    z.looseObject({ type: z.enum(['allowed_tools', 'custom']) }),
  ],
  'must be none, auto, required or a function',
);

const Tokens = z.int().min(1).max(10_000_000);

/** Fields that more than one provider understands. The ranges of numbers are the providers' own. */
const KNOWN = {
  messages: z.array(ChatMessage).min(1).max(2000),
  max_tokens: Tokens.optional(),
  max_completion_tokens: Tokens.optional(),
  temperature: z.number().optional(),
  top_p: z.number().optional(),
  top_k: z.int().optional(),
  stop: z.union([z.string(), z.array(z.string()).max(64)]).optional(),
  tools: z.array(ChatTool).max(512).optional(),
  tool_choice: ToolChoice.optional(),
  parallel_tool_calls: z.boolean().optional(),
  response_format: ResponseFormat.optional(),
  frequency_penalty: z.number().optional(),
  presence_penalty: z.number().optional(),
  seed: z.int().optional(),
  /** Answers to one request, each of them paid for. */
  n: z.int().min(1).max(16).optional(),
  reasoning_effort: z.string().max(20).optional(),
  /** Anthropic's, which only its own models take. */
  thinking: z.looseObject({ type: z.string() }).optional(),
  user: z.string().max(512).optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
  service_tier: z.string().max(20).optional(),
};

const KNOWN_FIELDS: ReadonlySet<string> = new Set(Object.keys(KNOWN));

/** The body of `POST /v1/chat/completions`, after `withoutAbsent`. */
export const ChatBody = z.looseObject({
  ...KNOWN,
  /** `<provider>/<model>`, or the provider's own name of a model. */
  model: z.string().regex(/^[\w.:/@+-]{1,200}$/, 'must be the name of a model'),
  stream: z.boolean().optional(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).optional(),
});
export type ChatBody = z.output<typeof ChatBody>;

type Known = z.output<z.ZodObject<typeof KNOWN>>;

/** One request to one model. */
export type ChatRequest = Known & {
  readonly model: string;
  /** Fields that are not known here, as the caller wrote them. */
  readonly extra?: Readonly<Record<string, unknown>>;
};

const NOT_SENT = new Set(['model', 'stream', 'stream_options']);

/** Separates the fields that are not known here from those that are. */
export function chatRequestOf(body: ChatBody): Omit<ChatRequest, 'model'> {
  const fields = Object.entries(body).filter(([name]) => !NOT_SENT.has(name));
  const known = fields.filter(([name]) => KNOWN_FIELDS.has(name));
  const extra = fields.filter(([name]) => !KNOWN_FIELDS.has(name));
  return {
    ...(Object.fromEntries(known) as Known),
    ...(extra.length > 0 && { extra: Object.fromEntries(extra) }),
  };
}

/** The longest answer that the caller allows, in tokens. */
export const outputLimit = ({ max_tokens, max_completion_tokens }: Omit<ChatRequest, 'model'>) =>
  max_completion_tokens ?? max_tokens;
