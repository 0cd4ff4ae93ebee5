// A streamed answer of a server with OpenAI's API, as loosely as such servers write it, in OpenAI's strict form.
import { type CallDelta, Chunk, finishWord, toChatChunk } from '#shared/providers/chat-answer.ts';
import type { StreamReader } from '#shared/providers/chat.ts';

type OpenCall = { readonly id: string; readonly at: number | undefined };

/** Numbers the calls of one choice: servers leave the index out, repeat it for the next call, or send the id every time. */
function createCallIndex(answerId: string) {
  const calls: OpenCall[] = [];

  const known = ({ id, index }: CallDelta): number => {
    if (id) return calls.findIndex((call) => call.id === id);
    return index == null ? calls.length - 1 : calls.findLastIndex(({ at }) => at === index);
  };

  return (delta: CallDelta): CallDelta => {
    const at = known(delta);
    const { id: given, function: said = {}, index, type: _type, ...rest } = delta;
    const { name, arguments: pieces = '', ...more } = said ?? {};
    if (at >= 0) return { ...rest, index: at, function: { ...more, arguments: pieces ?? '' } };
    const id = given || `call_${answerId}_${calls.length}`;
    calls.push({ id, at: index ?? undefined });
    const opened = { ...more, name: name ?? '', arguments: pieces ?? '' };
    return { ...rest, index: calls.length - 1, id, type: 'function', function: opened };
  };
}

/** One `finish_reason` for each choice; one that a server leaves out is added once it says that the stream is over. */
export function createStreamReader(): StreamReader {
  const choices = new Map<
    number,
    { readonly number: ReturnType<typeof createCallIndex>; called: boolean; finished: boolean }
  >();
  let head = { id: '', model: '' };
  const stateOf = (index: number) => {
    const state = choices.get(index) ?? { number: createCallIndex(head.id), called: false, finished: false };
    choices.set(index, state);
    return state;
  };

  return {
    read(event) {
      const chunk = Chunk.parse(event);
      head = { id: chunk.id || head.id, model: chunk.model || head.model };
      const read = chunk.choices.map(({ index, delta, finish_reason: reason, ...choice }) => {
        const state = stateOf(index);
        const calls = delta.tool_calls?.map(state.number);
        state.called ||= (calls ?? []).length > 0;
        const { tool_calls: _loose, ...said } = delta;
        const finish = reason && !state.finished ? finishWord(reason, state.called) : null;
        state.finished ||= finish !== null;
        return {
          ...choice,
          index,
          delta: { ...said, ...(calls?.length && { tool_calls: calls }) },
          finish_reason: finish,
        };
      });
      return [{ ...chunk, ...head, choices: read }];
    },
    end(complete) {
      const open = [...choices].filter(([, { finished }]) => complete && !finished);
      return open.map(([index, { called }]) => {
        const chunk = toChatChunk(head, { delta: {}, finish: finishWord('stop', called) });
        return { ...chunk, choices: chunk.choices.map((choice) => ({ ...choice, index })) };
      });
    },
  };
}
