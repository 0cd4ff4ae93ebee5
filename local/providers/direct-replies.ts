// Replies that need no model: model lists, embeddings, token counts.
import { createHash } from 'node:crypto';

import type { Conversation } from './conversation.ts';
import type { Api, Reply } from './dialects.ts';
import { asList, asText, type Json } from './json.ts';
import { countTokens } from './planned-answer.ts';

type DirectRequest = {
  readonly api: Api;
  readonly method: string;
  readonly path: string;
  readonly body: Json;
  readonly conversation: Conversation;
};

/** Undefined for a request that the stand-in answers. */
export function directReply({ api, method, path, body, conversation }: DirectRequest): Reply | undefined {
  const listed = method === 'GET' ? MODEL_LISTS[api] : undefined;
  if (listed && /^\/v1(?:beta)?\/models/.test(path)) return [200, listed];
  if (path.endsWith(':batchEmbedContents')) {
    return [
      200,
      { embeddings: asList(body.requests).map((request) => ({ values: vector(JSON.stringify(request)) })) },
    ];
  }
  if (path.includes('/embeddings') && method === 'POST') return [200, embeddings(body)];
  if (path.startsWith('/v1/messages/count_tokens'))
    return [200, { input_tokens: countTokens(conversation.promptText) + 3 }];
  return undefined;
}

const GEMINI_MODELS = {
  models: ['gemini-2.5-flash', 'gemini-2.5-pro'].map((name) => ({
    name: `models/${name}`,
    supportedGenerationMethods: ['generateContent', 'countTokens'],
  })),
};

/** Lists in another form than OpenAI's, or of other models. */
const MODEL_LISTS: Readonly<Partial<Record<Api, object>>> = {
  google: GEMINI_MODELS,
  together: [{ id: 'meta-llama/Llama-3.3-70B-Instruct-Turbo', object: 'model' }],
  openrouter: { data: [{ id: 'deepseek/deepseek-chat' }, { id: 'openai/gpt-4.1-mini' }] },
};

/** Without meaning, equal for equal text, and of unit length. */
function vector(text: string, dimensions = 32): number[] {
  const bytes = Array.from({ length: Math.ceil(dimensions / 32) }, (_, block) => [
    ...createHash('sha256').update(`${block}${text}`).digest(),
  ]).flat();
  const centred = bytes.slice(0, dimensions).map((byte) => byte - 127.5);
  const length = Math.hypot(...centred);
  return centred.map((value) => value / length);
}

function embeddings({ input, model, dimensions, output_dimension, encoding_format }: Json): object {
  const isTokens = Array.isArray(input) && typeof input[0] === 'number';
  const inputs = isTokens ? [input] : [input].flat();
  const texts = inputs.map((each) => (typeof each === 'string' ? each : JSON.stringify(each)));
  const size = Number(dimensions ?? output_dimension ?? 32);
  const tokens = texts.reduce((sum, text) => sum + countTokens(text), 0);
  const data = texts.map((text, index) => {
    const values = vector(text, size);
    const packed = Buffer.from(Float32Array.from(values).buffer).toString('base64');
    return { object: 'embedding', index, embedding: encoding_format === 'base64' ? packed : values };
  });
  return {
    object: 'list',
    data,
    model: asText(model),
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}
