// How the gateway answers for itself: the API's gateway responses, AWS's defaults where it has none.
import type { ServerResponse } from 'node:http';

import type { Call } from './call.ts';
import { type ContextSite, contextVariables, mappedValue, renderTemplate } from './context-variables.ts';
import type { GatewayResponse } from './definition.ts';
import type { Refusal, RefusalType } from './refusal.ts';
import { identify } from './response-headers.ts';

export type Refuse = (call: Call, response: ServerResponse, refusal: Refusal) => void;

/** AWS writes the M large for a denial. */
const defaultTemplate = (type: RefusalType): string =>
  type === 'ACCESS_DENIED'
    ? '{"Message":$context.error.messageString}'
    : '{"message":$context.error.messageString}';

export function createRefuse(configured: ReadonlyMap<string, GatewayResponse>, site: ContextSite): Refuse {
  function find({ type, status }: Refusal): GatewayResponse | undefined {
    return configured.get(type) ?? configured.get(status < 500 ? 'DEFAULT_4XX' : 'DEFAULT_5XX');
  }

  return (call, response, refusal) => {
    const custom = find(refusal);
    const variables = contextVariables(call, site, refusal);
    const [contentType, template] = Object.entries(custom?.ResponseTemplates ?? {})[0] ?? [
      'application/json',
      defaultTemplate(refusal.type),
    ];
    response.statusCode = custom?.StatusCode ?? refusal.status;
    response.setHeader('Content-Type', contentType);
    response.setHeader('x-amzn-ErrorType', refusal.errorType);
    identify(response, call);
    for (const [name, expression] of Object.entries(custom?.ResponseParameters ?? {})) {
      const value = mappedValue(expression, call, variables);
      if (value !== undefined) response.setHeader(name.replace('gatewayresponse.header.', ''), value);
    }
    const body = renderTemplate(template, variables);
    response.setHeader('Content-Length', Buffer.byteLength(body));
    response.end(body);
  };
}
