// AWS_PROXY with response transfer mode STREAM: status and headers from the prelude, then each chunk as it arrives.
import type { ServerResponse } from 'node:http';

import * as z from 'zod';

import { StreamFault } from '#local/lambda/function-error.ts';

import type { Call } from './api-call.ts';
import type { ProxyIntegration } from './api-definition.ts';
import { type IntegrationSite, requirePermission, within } from './lambda-call.ts';
import { proxyEvent } from './proxy-event.ts';
import { GatewayError } from './gateway-error.ts';
import { identify, ProxyHeaders, writeProxyHeaders } from './response-headers.ts';

const Prelude = z.object({
  statusCode: z.coerce.number().int().min(200).max(599),
  ...ProxyHeaders.shape,
  cookies: z.array(z.string()).nullish(),
});

type Exchange = { readonly call: Call; readonly response: ServerResponse };

export async function answerStreaming(
  around: IntegrationSite,
  { call, response }: Exchange,
  integration: ProxyIntegration,
): Promise<void> {
  requirePermission(around, call, integration);
  const startedAt = Date.now();
  const work = around.lambda.invokeStreaming(integration.Uri.functionArn, proxyEvent(around.site, call));
  const invocation = await within(integration.TimeoutInMillis, work);
  const prelude = Prelude.safeParse(invocation.kind === 'streamed' ? invocation.prelude : undefined);
  if (invocation.kind !== 'streamed' || !prelude.success) throw new GatewayError('INTEGRATION_FAILURE');

  response.statusCode = prelude.data.statusCode;
  writeProxyHeaders(response, prelude.data);
  identify(response, call);
  for (const cookie of prelude.data.cookies ?? []) response.appendHeader('Set-Cookie', cookie);
  response.flushHeaders();
  const cut = setTimeout(() => response.destroy(), integration.TimeoutInMillis - (Date.now() - startedAt));
  try {
    await copy(invocation.body, response);
  } finally {
    clearTimeout(cut);
  }
}

/** Continues reading when the client is gone or slow: API Gateway does not notify the function. */
async function copy(body: AsyncIterable<Uint8Array>, response: ServerResponse): Promise<void> {
  try {
    for await (const chunk of body) if (!response.destroyed) response.write(chunk);
    response.end();
  } catch (error) {
    if (!(error instanceof StreamFault)) throw error;
    response.destroy(); // the status was already sent: only a reset can signal the error
  }
}
