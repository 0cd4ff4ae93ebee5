// The server behind the local providers: aimock writes each planned answer in the wire format of the request's dialect.
import { randomUUID } from 'node:crypto';

import { LLMock } from '@copilotkit/aimock';

import type { PlannedAnswer } from './planned-answer.ts';

/** Names the planned answer of a request; aimock offers its value to fixtures as `_context`. */
export const PLAN_HEADER = 'x-aimock-context';

export type StandIn = {
  readonly url: string;
  /** Registers the answer to the next request that carries the returned value in `PLAN_HEADER`. */
  readonly plan: (answer: PlannedAnswer) => string;
  readonly mock: LLMock;
};

/** Serves OpenAI's, Anthropic's and Google's wire formats, plain and streamed, on a loopback port of its own. */
export async function startStandIn(): Promise<StandIn> {
  const plans = new Map<string, PlannedAnswer>();
  const mock = new LLMock({ port: 0, host: '127.0.0.1', journalMaxEntries: 100 });
  mock.on({ endpoint: 'chat', predicate: () => true }, ({ _context: id = '' }) => {
    const planned = plans.get(id);
    plans.delete(id);
    if (!planned) throw new Error('No answer was planned for this request.');
    return fixtureFor(planned);
  });
  await mock.start();
  return {
    url: mock.url,
    mock,
    plan(answer) {
      const id = randomUUID();
      plans.set(id, answer);
      return id;
    },
  };
}

function fixtureFor({ answer, usage: { input, output } }: PlannedAnswer) {
  const usage = {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    input_tokens: input,
    output_tokens: output,
  };
  if (answer.kind === 'text') return { content: answer.text, usage };
  const { id, name, arguments: written } = answer;
  return { toolCalls: [{ id, name, arguments: written }], usage };
}
