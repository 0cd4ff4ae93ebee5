// Answers of OpenAI's Responses API, completed: the stand-in's writer leaves out fields that the published schema requires.
import { asList, asObject, type Json, parseJson } from './json.ts';

const withProbabilities = (part: unknown): Json => {
  const fields = asObject(part);
  return fields.type === 'output_text' ? { logprobs: [], ...fields } : fields;
};

function completeItem(item: unknown): Json {
  const fields = asObject(item);
  return fields.type === 'message'
    ? { ...fields, content: asList(fields.content).map(withProbabilities) }
    : fields;
}

function completeUsage(usage: unknown): Json {
  const { input_tokens, output_tokens, total_tokens } = asObject(usage);
  return {
    input_tokens,
    input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
    output_tokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens,
  };
}

/** Fields of the request that the answer repeats, with OpenAI's defaults. */
const DEFAULTS = {
  instructions: null,
  max_output_tokens: null,
  metadata: {},
  parallel_tool_calls: true,
  store: true,
  temperature: 1,
  text: { format: { type: 'text' } },
  tool_choice: 'auto',
  tools: [],
  top_p: 1,
};

const completeResponse = (response: Json, request: Json): Json => ({
  error: null,
  incomplete_details: null,
  previous_response_id: null,
  service_tier: 'default',
  truncation: 'disabled',
  ...Object.fromEntries(
    Object.entries(DEFAULTS).map(([name, otherwise]) => [name, request[name] ?? otherwise]),
  ),
  ...response,
  output: asList(response.output).map(completeItem),
  ...(response.usage !== undefined && { usage: completeUsage(response.usage) }),
});

const TEXT_EVENTS = new Set(['response.output_text.delta', 'response.output_text.done']);

function createEventCompletion(request: Json) {
  let next = 0;
  const names = new Map<unknown, unknown>();
  return (event: Json): Json => {
    const item = event.item === undefined ? undefined : completeItem(event.item);
    if (item) names.set(item.id, item.name);
    return {
      ...event,
      sequence_number: next++,
      ...(item && { item }),
      ...(event.part !== undefined && { part: withProbabilities(event.part) }),
      ...(event.response !== undefined && { response: completeResponse(asObject(event.response), request) }),
      ...(TEXT_EVENTS.has(String(event.type)) && { logprobs: [] }),
      ...(event.type === 'response.function_call_arguments.done' && { name: names.get(event.item_id) }),
    };
  };
}

export type Rewrite = (chunks: AsyncIterable<Buffer>) => AsyncIterable<Buffer>;

/** @param request the body of the request that is answered */
export function completeResponses(request: Json): Rewrite {
  const completeEvent = createEventCompletion(request);

  function frame(text: string): string {
    const [, data] = /^data: (.*)$/m.exec(text) ?? [];
    const event = asObject(parseJson(data ?? ''));
    return data === undefined || event.type === undefined
      ? text
      : text.replace(/^data: .*$/m, () => `data: ${JSON.stringify(completeEvent(event))}`);
  }

  return async function* rewritten(chunks) {
    let waiting = '';
    const decoder = new TextDecoder();
    for await (const chunk of chunks) {
      const frames = (waiting + decoder.decode(chunk, { stream: true })).split('\n\n');
      waiting = frames.pop() ?? '';
      for (const one of frames) yield Buffer.from(`${frame(one)}\n\n`);
    }
    const whole = parseJson(waiting);
    yield Buffer.from(
      whole === undefined ? waiting : JSON.stringify(completeResponse(asObject(whole), request)),
    );
  };
}
