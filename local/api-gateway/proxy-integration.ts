// AWS_PROXY, buffered: a function's response in the only form that AWS accepts.
import type { ServerResponse } from 'node:http';

import * as z from 'zod';

import { type Call, headerValue } from './api-call.ts';
import type { ProxyIntegration } from './api-definition.ts';
import { type IntegrationSite, requirePermission, within } from './lambda-call.ts';
import { matchesMediaType, proxyEvent } from './proxy-event.ts';
import { GatewayError } from './gateway-error.ts';
import { identify, writeProxyHeaders } from './response-headers.ts';

const HeaderValue = z.union([z.string(), z.number(), z.boolean()]);

/** Any other field, or a body that is not a string, is a "Malformed Lambda proxy response". */
const Answer = z.strictObject({
  statusCode: z.coerce.number().int().min(100).max(599),
  headers: z.record(z.string(), HeaderValue).nullish(),
  multiValueHeaders: z.record(z.string(), z.array(HeaderValue)).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().nullish(),
});
type Answer = z.output<typeof Answer>;

type Exchange = { readonly call: Call; readonly response: ServerResponse };

export async function answerBuffered(
  around: IntegrationSite,
  { call, response }: Exchange,
  integration: ProxyIntegration,
): Promise<void> {
  requirePermission(around, call, integration);
  const work = around.lambda.invoke(integration.Uri.functionArn, proxyEvent(around.site, call));
  const { payload, functionError } = await within(integration.TimeoutInMillis, work);
  const answer = Answer.safeParse(payload);
  if (functionError !== undefined || !answer.success) throw new GatewayError('INTEGRATION_FAILURE');

  const body = decodeBody(answer.data, around.site.binaryMediaTypes, call);
  response.statusCode = answer.data.statusCode;
  writeProxyHeaders(response, answer.data);
  identify(response, call);
  response.setHeader('Content-Length', body.length);
  response.end(body);
}

/** Base64 becomes bytes only where the API declares binary types and the client accepts one, or the answer is one. */
function decodeBody(answer: Answer, binaryMediaTypes: readonly string[], call: Call): Buffer {
  const text = answer.body ?? '';
  if (answer.isBase64Encoded !== true) return Buffer.from(text, 'utf8');
  const accepted = headerValue(call.headers, 'accept')?.split(',')[0];
  const [, type] = Object.entries(answer.headers ?? {}).find(([name]) => /^content-type$/i.test(name)) ?? [];
  const isBinary = [accepted, type?.toString()].some((one) => matchesMediaType(binaryMediaTypes, one));
  return Buffer.from(text, isBinary ? 'base64' : 'utf8');
}
