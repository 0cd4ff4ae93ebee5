// Gateway responses: the API's own, else AWS's defaults.
import type { ServerResponse } from 'node:http';

import type { Call } from './api-call.ts';
import { type ContextSite, contextVariables, mappedValue, renderTemplate } from './context-variables.ts';
import type { GatewayResponse } from './api-definition.ts';
import type { GatewayError, GatewayErrorType } from './gateway-error.ts';
import { identify } from './response-headers.ts';

export type SendGatewayError = (call: Call, response: ServerResponse, gatewayError: GatewayError) => void;

/** AWS capitalises `Message` for a denial. */
const defaultTemplate = (type: GatewayErrorType): string =>
  type === 'ACCESS_DENIED'
    ? '{"Message":$context.error.messageString}'
    : '{"message":$context.error.messageString}';

export function createSendGatewayError(
  configured: ReadonlyMap<string, GatewayResponse>,
  site: ContextSite,
): SendGatewayError {
  function find({ type, status }: GatewayError): GatewayResponse | undefined {
    return configured.get(type) ?? configured.get(status < 500 ? 'DEFAULT_4XX' : 'DEFAULT_5XX');
  }

  return (call, response, gatewayError) => {
    const custom = find(gatewayError);
    const variables = contextVariables(call, site, gatewayError);
    const [contentType, template] = Object.entries(custom?.ResponseTemplates ?? {})[0] ?? [
      'application/json',
      defaultTemplate(gatewayError.type),
    ];
    response.statusCode = custom?.StatusCode ?? gatewayError.status;
    response.setHeader('Content-Type', contentType);
    response.setHeader('x-amzn-ErrorType', gatewayError.errorType);
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
