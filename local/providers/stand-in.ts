// The model behind the local providers: aimock with one answer for every prompt, labelled so that nobody takes it for a real one.
import { type ChatCompletionRequest, LLMock } from '@copilotkit/aimock';

const LABEL = '[local stand-in provider]';

/** Given tools, it calls the first one, once. */
const wantsTool = ({ tools = [], messages }: ChatCompletionRequest): boolean =>
  tools.length > 0 && messages.at(-1)?.role === 'user';

/** Answers OpenAI's, Anthropic's and Google's wire formats, plain and streamed, on a loopback port of its own. */
export async function startStandIn(): Promise<LLMock> {
  const mock = new LLMock({ port: 0, host: '127.0.0.1', journalMaxEntries: 100 });
  mock.on({ endpoint: 'chat', predicate: wantsTool }, ({ tools = [], ...request }) => {
    const name = tools[0]?.function.name ?? '';
    return { toolCalls: [{ name, arguments: JSON.stringify({ said: lastUserText(request) }) }] };
  });
  mock.on({ endpoint: 'chat', predicate: () => true }, (request) => {
    const content = `${LABEL} You said: ${lastUserText(request)}`;
    return { content, usage: usageOf(request, content) };
  });
  await mock.start();
  return mock;
}

function lastUserText({ messages }: Pick<ChatCompletionRequest, 'messages'>): string {
  const last = messages.findLast(({ role }) => role === 'user');
  return textOf(last?.content);
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part: unknown) =>
      typeof part === 'object' && part !== null && 'text' in part ? String(part.text) : '',
    )
    .join('');
}

/** About four characters to a token, as providers' own rules of thumb say. */
function usageOf({ messages }: ChatCompletionRequest, answer: string) {
  const prompt = messages.map(({ content }) => textOf(content)).join('').length;
  const input = Math.ceil(prompt / 4) + 3;
  const output = Math.ceil(answer.length / 4);
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    input_tokens: input,
    output_tokens: output,
  };
}
