// The stand-in's answer to a chat: a tool call, a structured answer, or labelled text. Decided from the request alone.
import { createHash } from 'node:crypto';

import type { Conversation, OfferedTool } from './conversation.ts';
import { exampleValue } from './example-value.ts';

const LABEL = '[local stand-in provider]';

export type PlannedAnswer = {
  readonly answer:
    | { readonly kind: 'text'; readonly text: string }
    | { readonly kind: 'call'; readonly id: string; readonly name: string; readonly arguments: string };
  readonly usage: { readonly input: number; readonly output: number };
};

export function planAnswer(conversation: Conversation): PlannedAnswer {
  const { promptText, lastUserText, answerSchema } = conversation;
  const input = countTokens(promptText) + 3;
  const tool = chooseTool(conversation);
  if (tool) {
    const written = JSON.stringify(exampleValue(tool.schema ?? { type: 'object' }, lastUserText));
    const id = callId(`${tool.name} ${promptText}`);
    const output = countTokens(tool.name + written);
    return { answer: { kind: 'call', id, name: tool.name, arguments: written }, usage: { input, output } };
  }
  const text =
    answerSchema === undefined
      ? `${LABEL} You said: ${lastUserText}`
      : JSON.stringify(exampleValue(answerSchema, `${LABEL} ${lastUserText}`));
  return { answer: { kind: 'text', text }, usage: { input, output: countTokens(text) } };
}

/** Calls a tool once per user turn: the forced one, else the one that the prompt names, else the first. */
function chooseTool({ tools, toolChoice, isUserTurn, lastUserText }: Conversation): OfferedTool | undefined {
  if (toolChoice === 'none' || !isUserTurn) return undefined;
  if (typeof toolChoice === 'object') return tools.find(({ name }) => name === toolChoice.name);
  const named = tools.filter(({ name }) => lastUserText.includes(name));
  const [longest] = named.toSorted((left, right) => right.name.length - left.name.length);
  return longest ?? tools[0];
}

/** Nine alphanumerics: the only form that every provider accepts when the call is replayed. */
const callId = (seed: string): string => createHash('sha256').update(seed).digest('hex').slice(0, 9);

/** About four characters per token, the providers' own rule of thumb. */
export const countTokens = (text: string): number => Math.ceil(text.length / 4);
