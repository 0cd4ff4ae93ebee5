// A streamed answer put together again, as a chat completion.
import { type CallDelta, type Chunk, Completion } from './chat-answer.ts';

type Fields = Record<string, unknown>;
type Call = { id?: string | null | undefined; name: string; arguments: string };
type Collected = {
  readonly message: Fields;
  readonly calls: Map<number, Call>;
  finish_reason?: string | null | undefined;
};

const WHOLE = new Set(['role', 'id', 'type']);

function addField(message: Fields, name: string, value: unknown): void {
  const before = message[name];
  if (typeof value === 'string' && typeof before === 'string' && !WHOLE.has(name))
    message[name] = before + value;
  else if (Array.isArray(value) && Array.isArray(before)) message[name] = [...before, ...value];
  else if (value !== null && value !== undefined) message[name] = value;
}

function addCall(calls: Map<number, Call>, { index, id, function: called }: CallDelta): void {
  const at = index ?? 0;
  const call = calls.get(at) ?? { name: '', arguments: '' };
  calls.set(at, {
    id: call.id ?? id,
    name: call.name + (called?.name ?? ''),
    arguments: call.arguments + (called?.arguments ?? ''),
  });
}

const collectedMessage = ({ message, calls }: Collected) => ({
  ...message,
  ...(calls.size > 0 && {
    tool_calls: [...calls.values()].map(({ id, ...called }) => ({ id, function: called })),
  }),
});

export function createAnswerCollector() {
  const choices = new Map<number, Collected>();
  let head: Fields = {};
  let usage: Chunk['usage'];
  return {
    add({ choices: pieces, usage: counted, ...rest }: Chunk): void {
      head = { ...head, ...rest };
      usage = counted ?? usage;
      for (const { index, delta, finish_reason: reason } of pieces) {
        const choice: Collected = choices.get(index) ?? {
          message: Object.create(null) as Fields,
          calls: new Map(),
        };
        choices.set(index, choice);
        const { tool_calls: calls, ...fields } = delta;
        for (const [name, value] of Object.entries(fields)) addField(choice.message, name, value);
        for (const call of calls ?? []) addCall(choice.calls, call);
        choice.finish_reason = reason ?? choice.finish_reason;
      }
    },
    completion(): Completion {
      const whole = [...choices].map(([index, choice]) => ({
        index,
        message: collectedMessage(choice),
        finish_reason: choice.finish_reason,
      }));
      return Completion.parse({ ...head, choices: whole, usage });
    },
  };
}
