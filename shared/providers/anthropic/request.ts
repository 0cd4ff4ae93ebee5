// A chat request as Anthropic's Messages API takes it.
import { refusedField, refuseFields } from '#shared/providers/chat.ts';
import type { ChatMessage, ChatRequest } from '#shared/providers/chat-request.ts';
import { isSystem, objectIn, textOf } from '#shared/providers/message-text.ts';

const TITLE = 'Anthropic';
/** Anthropic demands a bound; this one serves a chat answer. */
export const DEFAULT_MAX_TOKENS = 4096;
const UNSUPPORTED = [
  'frequency_penalty',
  'presence_penalty',
  'logit_bias',
  'logprobs',
  'top_logprobs',
  'reasoning_effort',
  'verbosity',
] as const;

type Block = Readonly<Record<string, unknown>>;

function imageOf(url: string): Block {
  const [, media_type, data] = /^data:([^;]+);base64,(.*)$/s.exec(url) ?? [];
  return { type: 'image', source: data ? { type: 'base64', media_type, data } : { type: 'url', url } };
}

/** Whose turn it is, and what it holds. A tool's result is the user's turn there. */
function turnOf(message: ChatMessage): { role: 'user' | 'assistant'; content: Block[] } {
  const { content = null } = message;
  if (message.role === 'tool') {
    const result = { type: 'tool_result', tool_use_id: message.tool_call_id, content: textOf(content) };
    return { role: 'user', content: [result] };
  }
  const parts = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : (content ?? []);
  const said = parts
    .filter((part) => part.type !== 'text' || part.text !== '') // an empty block is refused there
    .map((part) => (part.type === 'text' ? part : imageOf(part.image_url.url)));
  if (message.role !== 'assistant') return { role: 'user', content: said };
  const calls = (message.tool_calls ?? []).map(({ id, function: { name, arguments: given } }) => ({
    type: 'tool_use',
    id,
    name,
    input: objectIn(TITLE, given),
  }));
  return { role: 'assistant', content: [...said, ...calls] };
}

/** Turns alternate there: neighbours of one side become one. */
function turnsOf(messages: readonly ChatMessage[]) {
  const turns: ReturnType<typeof turnOf>[] = [];
  for (const message of messages) {
    const turn = turnOf(message);
    const last = turns.at(-1);
    if (last?.role === turn.role) last.content.push(...turn.content);
    else turns.push(turn);
  }
  return turns;
}

function choiceOf({ tool_choice: choice, parallel_tool_calls: parallel }: ChatRequest) {
  const alone = parallel === false ? { disable_parallel_tool_use: true } : {};
  if (choice === undefined) return parallel === false ? { type: 'auto', ...alone } : undefined;
  if (choice === 'none') return { type: 'none' };
  if (choice === 'auto') return { type: 'auto', ...alone };
  if (choice === 'required') return { type: 'any', ...alone };
  return { type: 'tool', name: choice.function.name, ...alone };
}

function refuseForeign(request: ChatRequest): void {
  refuseFields(TITLE, request, UNSUPPORTED);
  const { response_format: format, temperature = 1 } = request;
  if (format && format.type !== 'text') throw refusedField(TITLE, 'response_format', 'can only be text');
  if (temperature > 1) throw refusedField(TITLE, 'temperature', 'ends at 1');
}

/** System messages travel apart from the conversation there. */
export function requestBody(request: ChatRequest, stream: boolean) {
  refuseForeign(request);
  const { model, messages, temperature, top_p, stop, tools } = request;
  const system = messages.filter(isSystem).map(({ content }) => textOf(content));
  return {
    model,
    ...(system.length > 0 && { system: system.join('\n\n') }),
    messages: turnsOf(messages.filter((message) => !isSystem(message))),
    max_tokens: request.max_tokens ?? DEFAULT_MAX_TOKENS,
    temperature,
    top_p,
    stop_sequences: stop === undefined ? undefined : [stop].flat(),
    tools: tools?.map(({ function: { name, description, parameters = { type: 'object' } } }) => ({
      name,
      description,
      input_schema: parameters,
    })),
    tool_choice: tools && choiceOf(request),
    ...(stream && { stream: true }),
  };
}
