// The tool behind `POST /v1/responses`: a chat in OpenAI's newer dialect, whole or in events.
import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';
import type { TokenCounts } from '#shared/providers/chat-answer.ts';
import type { DialectAnswer, DialectRequest } from '#shared/providers/dialect-calls.ts';
import { nativeResponses, ResponsesBody, responsesInputBytes } from '#shared/providers/responses-api/body.ts';
import type { Fields, ResponseHead } from '#shared/providers/responses-api/envelope.ts';
import { responseEventsAgain } from '#shared/providers/responses-api/events-again.ts';
import { defineTool, type ToolCall } from '#shared/tools/tool.ts';

import { onBehalf, servedBy, toTokenUsage } from './ai-call.ts';
import { ANSWERS, isDeterministic, withoutStream } from './ai-cache.ts';
import { ASKS, RETARGET_BODY } from './ai-input.ts';

/** Loaded when another provider than OpenAI is called: a cold start must not pay for it. */
const translation = () => import('#shared/providers/responses-api/translation.ts');

const Count = z.int().min(0);

/** Counts that are incomplete are none: such a call is charged by its reservation. */
const Usage = z
  .object({
    input_tokens: Count,
    output_tokens: Count,
    input_tokens_details: z
      .object({ cached_tokens: Count.nullish(), cache_write_tokens: Count.nullish() })
      .nullish(),
    output_tokens_details: z.object({ reasoning_tokens: Count.nullish() }).nullish(),
  })
  .nullish()
  .catch(undefined);

const Response = z.looseObject({ object: z.literal('response'), usage: Usage });

function countsIn(response: Fields): TokenCounts {
  const { usage } = Response.parse(response);
  if (!usage) return { inputTokens: 0, outputTokens: 0 };
  const { input_tokens_details: input, output_tokens_details: output } = usage;
  return {
    inputTokens: usage.input_tokens,
    outputTokens: usage.output_tokens,
    cachedInputTokens: input?.cached_tokens ?? undefined,
    cacheWriteTokens: input?.cache_write_tokens ?? undefined,
    reasoningTokens: output?.reasoning_tokens ?? undefined,
  };
}

const responsesRequest = (body: ResponsesBody): DialectRequest => ({
  wanted: { model: body.model },
  dialectOf: 'openai',
  stream: body.stream === true,
  roughSize: { inputBytes: responsesInputBytes(body), maxOutputTokens: body.max_output_tokens ?? undefined },
  native: () => nativeResponses(body),
  neutral: async () => (await translation()).chatOfResponses(body),
});

const Ended = z.looseObject({
  type: z.enum(['response.completed', 'response.incomplete']),
  response: z.looseObject({}),
});

/** The answer as it came: what is parsed of it is only checked. @throws {z.ZodError} */
function checked(body: unknown): Fields {
  Response.parse(body);
  return body as Fields;
}

/** Sends each event on. @throws {AppError} `upstream_malformed` for a response that does not end */
async function relay(events: AsyncIterable<unknown>, { sink }: ToolCall): Promise<Fields> {
  if (!sink) throw new AppError('invalid_input', 'This transport does not support streaming.');
  let response: Fields | undefined;
  for await (const event of events) {
    response = Ended.safeParse(event).data?.response ?? response;
    await sink(event);
  }
  if (!response) throw new AppError('upstream_malformed');
  return response;
}

function responsesHead(
  { model }: DialectAnswer,
  request: ResponsesBody,
  { requestId, now }: ToolCall,
): ResponseHead {
  const id = `resp_${requestId.replaceAll(/[^\w]/g, '')}`;
  return { id, model, created: Math.floor(now() / 1000), request };
}

async function answered(answer: DialectAnswer, body: ResponsesBody, call: ToolCall): Promise<Fields> {
  switch (answer.kind) {
    case 'native':
      return checked(answer.body);
    case 'native stream':
      return relay(answer.events, call);
    case 'chat':
      return (await translation()).responseOf(
        answer.reply.completion,
        responsesHead(answer, body, call),
        call.now,
      );
    case 'chat stream':
      return relay(
        (await translation()).responseEventsOf(answer.chunks, responsesHead(answer, body, call), call.now),
        call,
      );
    default:
      return answer satisfies never;
  }
}

export const responses = defineTool({
  ...ASKS,
  name: 'v1_responses',
  title: 'Responses',
  description: "OpenAI's Responses on the caller's own stored key.",
  input: ResponsesBody,
  output: z.object({ response: z.record(z.string(), z.unknown()) }),
  cache: { ...ANSWERS, isDefault: isDeterministic, keyOf: withoutStream },
  retarget: RETARGET_BODY,
  examples: [{ model: 'openai/gpt-4.1-mini', input: 'Hello!' }],

  async run(body, call) {
    const answer = await call.completions.inDialect(responsesRequest(body), onBehalf(call));
    const response = await answered(answer, body, call);
    const { provider, model } = answer;
    return {
      output: { response },
      meta: { provider, model, ...toTokenUsage(countsIn(response)) },
      served: servedBy(answer),
    };
  },
});

/** The events of a stream that is answered again under its idempotency key. */
export function responseEventsOfEarlier(
  { response }: Fields,
  parameters: unknown,
): readonly unknown[] | undefined {
  const { stream } = parameters as { stream?: unknown };
  return stream === true ? [...responseEventsAgain(response as Fields)] : undefined;
}
