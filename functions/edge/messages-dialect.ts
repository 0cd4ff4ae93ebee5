// Anthropic's Messages API, as its two routes share it.
import type { APIGatewayProxyEvent } from 'aws-lambda';

import { anthropicError, anthropicHeaders } from './anthropic-error.ts';
import { headerValues } from './headers.ts';
import { type Dialect, namedEvent } from './model-route.ts';

/** The tool's arguments. A client may send several beta headers, which mean the same as one list. */
function parameters(body: unknown, event: APIGatewayProxyEvent) {
  const [version] = headerValues(event, 'anthropic-version');
  const beta = headerValues(event, 'anthropic-beta');
  return {
    body,
    ...(version !== undefined && { version }),
    ...(beta.length > 0 && { beta: beta.join(',') }),
  };
}

export const messagesDialect = {
  parameters,
  event: namedEvent,
  error: anthropicError,
  errorHeaders: anthropicHeaders,
  headers: (requestId) => ({ 'request-id': requestId }),
} satisfies Partial<Dialect>;
