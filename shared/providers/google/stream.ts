// A streamed answer of Gemini as chat completion chunks.
import { type Chunk, chunkOf } from '#shared/providers/chat-answer.ts';

import { Answer, callsIn, finishOf, pieceOf, saidIn, usageIn } from './response.ts';

export function createStreamReader() {
  let called = 0;
  let begun = false;
  return (data: unknown): readonly Chunk[] => {
    const answer = Answer.parse(data);
    const { parts, reason, head } = pieceOf(answer);
    const text = saidIn(parts);
    const calls = callsIn(parts, called).map((call, at) => ({ index: called + at, ...call }));
    called += calls.length;
    const role = begun ? {} : { role: 'assistant' };
    begun = true;
    const said = {
      ...role,
      ...(text !== '' && { content: text }),
      ...(calls.length > 0 && { tool_calls: calls }),
    };
    return [
      ...(Object.keys(said).length > 0 ? [chunkOf(head, { delta: said })] : []),
      ...(reason ? [chunkOf(head, { delta: {}, finish: finishOf(reason, called > 0) })] : []),
      // Counted up to here; the last one counts.
      ...(answer.usageMetadata ? [{ ...head, choices: [], usage: usageIn(answer) }] : []),
    ];
  };
}
