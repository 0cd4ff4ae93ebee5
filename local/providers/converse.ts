// Amazon Bedrock's Converse, whole answers only.
import type { Conversation } from './conversation.ts';
import type { Reply } from './dialects.ts';
import { asList, asObject, asText, type Json } from './json.ts';
import { planAnswer } from './planned-answer.ts';

const FIELDS = new Set([
  'messages',
  'system',
  'inferenceConfig',
  'toolConfig',
  'additionalModelRequestFields',
]);

export const isConverse = (path: string): boolean => /^\/model\/[^/]+\/converse$/.test(path);

const textIn = (block: unknown): string => {
  const { text, toolResult } = asObject(block);
  return typeof text === 'string' ? text : asList(asObject(toolResult).content).map(textIn).join('');
};

export function readConverse({ messages, system, toolConfig }: Json): Conversation {
  const turns = asList(messages).map((message) => {
    const { role, content } = asObject(message);
    const blocks = asList(content).map(asObject);
    return {
      role,
      text: blocks.map(textIn).join(''),
      isResult: blocks.some((block) => 'toolResult' in block),
    };
  });
  const user = turns.findLast(({ role, isResult }) => role === 'user' && !isResult);
  const last = turns.at(-1);
  const { tools, toolChoice } = asObject(toolConfig);
  const name = asText(asObject(asObject(toolChoice).tool).name);
  const specs = asList(tools).map((tool) => asObject(asObject(tool).toolSpec));
  return {
    promptText: [...asList(system).map(textIn), ...turns.map(({ text }) => text)].join(''),
    lastUserText: user?.text ?? '',
    isUserTurn: last?.role === 'user' && !last.isResult,
    tools: specs.map((spec) => ({ name: asText(spec.name), schema: asObject(spec.inputSchema).json })),
    toolChoice: name === '' ? 'auto' : { name },
    answerSchema: undefined,
  };
}

/** The reason for a rejection, undefined for a valid request. */
export function checkConverse(body: Json): string | undefined {
  const unknown = Object.keys(body).find((name) => !FIELDS.has(name));
  if (unknown !== undefined) return `Malformed input request: extraneous key [${unknown}] is not permitted`;
  const turns = asList(body.messages).map(asObject);
  if (turns[0]?.role !== 'user') return 'A conversation must start with a user message.';
  if (turns.some(({ content }) => asList(content).length === 0))
    return 'The content field in the Message object is empty.';
  const repeated = turns.some(({ role }, at) => role === turns[at - 1]?.role);
  return repeated ? 'A conversation must alternate between user and assistant roles.' : undefined;
}

export function converseReply(conversation: Conversation): Reply {
  const { answer, usage } = planAnswer(conversation);
  const content =
    answer.kind === 'text'
      ? [{ text: answer.text }]
      : [
          {
            toolUse: {
              toolUseId: answer.id,
              name: answer.name,
              input: JSON.parse(answer.arguments) as unknown,
            },
          },
        ];
  const { input: inputTokens, output: outputTokens } = usage;
  return [
    200,
    {
      output: { message: { role: 'assistant', content } },
      stopReason: answer.kind === 'text' ? 'end_turn' : 'tool_use',
      usage: { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens },
      metrics: { latencyMs: 1 },
    },
  ];
}
