// A whole answer of OpenAI, which is a chat completion already.
import { Completion } from '#shared/providers/chat-answer.ts';

/** @throws {z.ZodError} */
export const readCompletion = (answer: unknown): Completion => Completion.parse(answer);
