// Validation of a request by the rules of its provider.
import type { IncomingHttpHeaders } from 'node:http';

import { checkConverse, isConverse } from './converse.ts';
import { type Api, errorReply, type Host, isHost, type Reply } from './dialects.ts';
import { asList, isObject, type Json } from './json.ts';
import { checkAnthropic } from './rules/anthropic.ts';
import { checkGemini } from './rules/gemini.ts';
import { checkHost } from './rules/hosts.ts';
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
  const problem = problemOf(api, { path, body, headers });
  return problem === undefined ? undefined : errorReply(api, 400, { message: problem });
}

type Check = (path: string, body: Json, headers: IncomingHttpHeaders) => string | undefined;

type Known = { readonly path: string; readonly body: Json; readonly headers: IncomingHttpHeaders };

const problemOf = (api: Exclude<Api, 'mistral'>, { path, body, headers }: Known) => {
  if (isConverse(path)) return checkConverse(body);
  return isHost(api) ? checkHost(api, path, body) : checks[api](path, body, headers);
};

const checks: Readonly<Record<Exclude<Api, 'mistral' | Host>, Check>> = {
  bedrock: (path, body) => checkOpenAi(path, body),
  openai: (path, body) => checkOpenAi(path, body),
  anthropic: (path, body, headers) => checkAnthropic(path, body, headers['anthropic-version']),
  google: (path, body) => checkGemini(path, body),
  // Compatible servers ignore unknown fields; all of them need messages.
  compatible: (path, { messages }) =>
    path.includes('/chat/completions') && asList(messages).length === 0 ? 'messages is required' : undefined,
};
