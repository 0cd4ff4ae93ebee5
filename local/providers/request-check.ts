// Validation of a request by the rules of its provider.
import type { IncomingHttpHeaders } from 'node:http';

import { type Api, errorReply, type Reply } from './dialects.ts';
import { asList, isObject, type Json } from './json.ts';
import { checkAnthropic } from './rules/anthropic.ts';
import { checkGemini } from './rules/gemini.ts';
import { checkMistral } from './rules/mistral.ts';
import { checkOpenAi } from './rules/openai.ts';

type CheckedRequest = {
  readonly api: Api;
  readonly method: string;
  /** Without the provider's prefix. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
};

/** The provider's rejection, undefined for a valid request. */
export function checkRequest({ api, method, path, headers, body }: CheckedRequest): Reply | undefined {
  if (method !== 'POST') return undefined;
  if (!isObject(body))
    return errorReply(api, 400, { message: 'We could not parse the JSON body of your request.' });
  if (api === 'mistral') return checkMistral(path, body);
  const problem = checks[api](path, body, headers);
  return problem === undefined ? undefined : errorReply(api, 400, { message: problem });
}

type Check = (path: string, body: Json, headers: IncomingHttpHeaders) => string | undefined;

const checks: Readonly<Record<Exclude<Api, 'mistral'>, Check>> = {
  openai: (path, body) => checkOpenAi(path, body),
  anthropic: (path, body, headers) => checkAnthropic(path, body, headers['anthropic-version']),
  google: (path, body) => checkGemini(path, body),
  // Compatible servers ignore unknown fields; all of them need messages.
  compatible: (path, { messages }) =>
    path.includes('/chat/completions') && asList(messages).length === 0 ? 'messages is required' : undefined,
};
