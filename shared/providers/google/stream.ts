// A streamed answer of Gemini as chat completion chunks.
import { type Chunk, toChatChunk } from '#shared/providers/chat-answer.ts';
import type { StreamReader } from '#shared/providers/chat.ts';

import { Answer, callsIn, contentIn, finishOf, pieceOf, usageIn } from './response.ts';

/** Gemini may give a reason to finish with several pieces: the last one is handed on, when the stream is over. */
export function createStreamReader(): StreamReader {
  let head = { id: '', model: '' };
  let called = 0;
  let said = false;
  let begun = false;
  let finish: string | undefined;
  let usage: Chunk['usage'];

  function deltaOf(parts: ReturnType<typeof pieceOf>['parts'], answer: string) {
    const { text, more } = contentIn(parts);
    const calls = callsIn(parts, { before: called, answer }).map((call, at) => ({
      index: called + at,
      ...call,
    }));
    called += calls.length;
    said ||= text !== '' || 'images' in more;
    const role = begun ? {} : { role: 'assistant' };
    begun = true;
    return {
      ...role,
      ...(text !== '' && { content: text }),
      ...more,
      ...(calls.length > 0 && { tool_calls: calls }),
    };
  }

  return {
    read(data) {
      const answer = Answer.parse(data);
      const piece = pieceOf(answer);
      head = { id: piece.head.id || head.id, model: piece.head.model || head.model };
      finish = piece.reason ?? finish;
      if (answer.usageMetadata) usage = usageIn(answer); // counted up to here: the last one counts
      const delta = deltaOf(piece.parts, head.id || JSON.stringify(data));
      return Object.keys(delta).length > 0 ? [toChatChunk(head, { delta })] : [];
    },
    end() {
      const reason = finish && finishOf(finish, { called: called > 0, said });
      return [
        ...(reason ? [toChatChunk(head, { delta: {}, finish: reason })] : []),
        ...(usage ? [{ ...head, choices: [], usage }] : []),
      ];
    },
  };
}
