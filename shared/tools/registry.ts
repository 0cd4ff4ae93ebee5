import { aiTools } from './builtin/ai.ts';
import { chatCompletions } from './builtin/chat-completions.ts';
import { embeddings } from './builtin/embeddings.ts';
import { jsonTools } from './builtin/json.ts';
import { countTokens, messages } from './builtin/messages.ts';
import { responses } from './builtin/responses.ts';
import { statusTools } from './builtin/status.ts';
import { textTools } from './builtin/text.ts';
import { timeTools } from './builtin/time.ts';
import { todoTools } from './builtin/todo.ts';
import type { Tool } from './tool.ts';

/** All there are, sorted by name: clients cache the list. */
export const TOOLS: readonly Tool[] = [
  ...todoTools,
  ...aiTools,
  ...timeTools,
  ...textTools,
  ...jsonTools,
  ...statusTools,
].toSorted((a, b) => (a.name < b.name ? -1 : 1));

/** Tools of the routes of model clients, which are not listed. */
export const MODEL_TOOLS: readonly Tool[] = [chatCompletions, countTokens, embeddings, messages, responses];
