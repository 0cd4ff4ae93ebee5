// A whole answer of a server with OpenAI's API, as loosely as such servers write it.
import { Completion } from '#shared/providers/chat-answer.ts';

/** Every call has an id: a result must name the call that it belongs to. @throws {z.ZodError} */
export function readCompletion(answer: unknown): Completion {
  const { choices, ...rest } = Completion.parse(answer);
  const withIds = choices.map((choice) => {
    const { tool_calls: calls, ...message } = choice.message;
    const own = calls?.map((call, at) => ({ ...call, id: call.id || `call_${rest.id ?? ''}_${at}` }));
    return { ...choice, message: { ...message, ...(own?.length && { tool_calls: own }) } };
  });
  return { ...rest, choices: withIds };
}
