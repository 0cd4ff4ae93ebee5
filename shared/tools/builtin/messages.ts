// The tools behind `POST /v1/messages` and its count of tokens: a chat in Anthropic's dialect, whole or in events.
import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';
import { usageIn, Usage } from '#shared/providers/anthropic/response.ts';
import { countsOf } from '#shared/providers/chat-answer.ts';
import type { DialectAnswer, DialectRequest } from '#shared/providers/dialect-calls.ts';
import {
  MessagesCall,
  messagesInputBytes,
  nativeMessages,
  STANDARD_TIER,
} from '#shared/providers/messages-api/body.ts';
import {
  createMessageCollector,
  eventsAgain,
  type MessageEvent,
} from '#shared/providers/messages-api/message.ts';
import { defineTool, type ToolCall } from '#shared/tools/tool.ts';

import { onBehalf, servedBy, toTokenUsage } from './ai-call.ts';
import { ANSWERS, isDeterministic, withoutStream } from './ai-cache.ts';
import { ASKS, RETARGET_BODY } from './ai-input.ts';

/** Loaded when another provider than Anthropic is called: a cold start must not pay for it. */
const translation = () => import('#shared/providers/messages-api/translation.ts');

type Fields = Readonly<Record<string, unknown>>;

const Message = z.looseObject({ usage: Usage });

function messagesRequest(given: z.output<typeof MessagesCall>): DialectRequest {
  const { body } = given;
  const size = { inputBytes: messagesInputBytes(body), maxOutputTokens: body.max_tokens };
  return {
    wanted: { model: body.model },
    dialectOf: 'anthropic',
    stream: body.stream === true,
    roughSize: size,
    native() {
      const native = nativeMessages(given);
      return { ...native, path: '/v1/messages', body: { ...native.body, ...STANDARD_TIER }, size };
    },
    neutral: async () => (await translation()).chatOfMessages(body),
  };
}

/** The answer as it came: what is parsed of it is only checked. @throws {z.ZodError} */
function checked(body: unknown): Fields {
  Message.parse(body);
  return body as Fields;
}

/** Sends each event on. @throws {AppError} `upstream_malformed` for a message that does not end */
async function relay(events: AsyncIterable<unknown>, { sink }: ToolCall): Promise<Fields> {
  if (!sink) throw new AppError('invalid_input', 'This call cannot stream.');
  const collector = createMessageCollector();
  let last: MessageEvent | undefined;
  for await (const event of events as AsyncIterable<MessageEvent>) {
    collector.add(event);
    if (event.type === 'message_stop') last = event;
    else await sink(event);
  }
  const message = collector.message();
  if (!message || !last) throw new AppError('upstream_malformed');
  await sink(last);
  return message;
}

const messagesHead = ({ model }: DialectAnswer, { requestId }: ToolCall) => ({
  id: `msg_${requestId.replaceAll(/[^\w]/g, '')}`,
  model,
});

async function answered(answer: DialectAnswer, call: ToolCall): Promise<Fields> {
  switch (answer.kind) {
    case 'native':
      return checked(answer.body);
    case 'native stream':
      return relay(answer.events, call);
    case 'chat':
      return (await translation()).toMessagesResponse(answer.reply.completion, messagesHead(answer, call));
    case 'chat stream':
      return relay((await translation()).messageEvents(answer.chunks, messagesHead(answer, call)), call);
    default:
      return answer satisfies never;
  }
}

export const messages = defineTool({
  ...ASKS,
  name: 'v1_messages',
  title: 'Messages',
  description: "Anthropic's Messages on the caller's own stored key.",
  input: MessagesCall,
  cache: {
    ...ANSWERS,
    isDefault: ({ body }) => isDeterministic(body),
    keyOf: ({ body, ...rest }) => ({ ...rest, body: withoutStream(body) }),
  },
  retarget: {
    modelOf: ({ body }) => body.model,
    to: (given, target) => ({ ...given, body: RETARGET_BODY.to(given.body, target) }),
  },
  output: z.object({ message: z.record(z.string(), z.unknown()) }),
  examples: [
    {
      body: {
        model: 'anthropic/claude-haiku-4-5',
        max_tokens: 100,
        messages: [{ role: 'user', content: 'Hello!' }],
      },
    },
  ],

  async run(given, call) {
    const answer = await call.completions.inDialect(messagesRequest(given), onBehalf(call));
    const message = await answered(answer, call);
    const { provider, model } = answer;
    const counts = countsOf(usageIn(Message.parse(message).usage));
    return {
      output: { message },
      meta: { provider, model, ...toTokenUsage(counts) },
      served: servedBy(answer),
    };
  },
});

/** The events of a stream that is answered again under its idempotency key. */
export function eventsOfEarlier({ message }: Fields, parameters: unknown): readonly unknown[] | undefined {
  const { body } = parameters as { body: { stream?: unknown } };
  return body.stream === true ? [...eventsAgain(message as Fields)] : undefined;
}

/** Estimate for English text; other languages and code need more tokens. */
const BYTES_PER_TOKEN = 4;

export const countTokens = defineTool({
  ...ASKS,
  name: 'v1_count_tokens',
  title: 'Count tokens',
  description: "Anthropic's count of the tokens of a message; an estimate for other providers.",
  input: MessagesCall,
  output: z.object({ count: z.record(z.string(), z.unknown()) }),
  examples: [
    { body: { model: 'anthropic/claude-haiku-4-5', messages: [{ role: 'user', content: 'Hello!' }] } },
  ],

  async run(given, call) {
    const { wanted, dialectOf, roughSize } = messagesRequest(given);
    const path = '/v1/messages/count_tokens';
    const native = () => ({ ...nativeMessages(given), path });
    const answer = await call.completions.inDialectOnly(
      { wanted, dialectOf, roughSize, native },
      onBehalf(call),
    );
    const { provider, model } = answer;
    const count =
      answer.kind === 'native'
        ? z.looseObject({ input_tokens: z.int().min(0) }).parse(answer.body)
        : { input_tokens: Math.ceil(roughSize.inputBytes / BYTES_PER_TOKEN), estimated: true };
    return { output: { count }, meta: { provider, model }, served: servedBy(answer) };
  },
});
