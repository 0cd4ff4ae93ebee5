// AWS_PROXY, buffered: a function's response in the only form that AWS accepts.
import type { ServerResponse } from 'node:http';

import * as z from 'zod';

import type { Call } from './api-call.ts';
import type { ProxyIntegration } from './api-definition.ts';
import { type IntegrationSite, requirePermission, within } from './lambda-call.ts';
import { proxyEvent } from './proxy-event.ts';
import { GatewayError } from './gateway-error.ts';
import { identify, ProxyHeaders, writeProxyHeaders } from './response-headers.ts';

/** Any other field, or a body that is not a string, is a "Malformed Lambda proxy response". */
const Answer = z.strictObject({
  statusCode: z.coerce.number().int().min(100).max(599),
  ...ProxyHeaders.shape,
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().nullish(),
});

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

  // Without binary media types AWS sends a base64 body as the text it is.
  const body = Buffer.from(answer.data.body ?? '', 'utf8');
  response.statusCode = answer.data.statusCode;
  writeProxyHeaders(response, answer.data);
  identify(response, call);
  response.setHeader('Content-Length', body.length);
  response.end(body);
}
