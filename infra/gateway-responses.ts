// Responses of the gateway itself: the same problem+json as the functions', with the same headers, and no value echoed. A
// template varies by response type only, not by path: each document also has the `error` member that clients of /v1 read.
import { GatewayResponse, ResponseType, type RestApi } from 'aws-cdk-lib/aws-apigateway';

import { MCP_SCOPES, RESOURCE_SERVER } from './scopes.ts';

type GatewayRejection = {
  /** Absent: the default status of AWS. */
  readonly status?: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly nextStep: string;
  /** Seconds in `Retry-After`. */
  readonly retryAfter?: number;
};

const INVALID: GatewayRejection = {
  status: 400,
  code: 'invalid_input',
  title: 'Invalid request',
  detail: 'The request does not have the documented form.',
  nextStep: 'Compare the request with the API description and send it again.',
};
const INVALID_BODY: GatewayRejection = {
  ...INVALID,
  detail: 'The body is not a JSON object.',
  nextStep:
    'Send valid JSON that starts with { and ends with }, with the header Content-Type: application/json.',
};
const UNKNOWN: GatewayRejection = {
  status: 404,
  code: 'not_found',
  title: 'Not found',
  detail: 'No route matches this method and path.',
  nextStep: 'Look up the routes in the API description.',
};
/**
 * One document for all causes: the gateway has one response type for a missing token and for each that the authorizer rejects, and
 * gives its template nothing that the authorizer says (ACCESS_DENIED does, and is the 403 of a missing scope here).
 */
const SIGN_IN: GatewayRejection = {
  status: 401,
  code: 'unauthenticated',
  title: 'Authentication required',
  detail:
    'The access token is missing, expired, malformed or not from a trusted issuer, or it is an API key of a provider.',
  nextStep: [
    'Missing: send the header Authorization: Bearer <access token>.',
    'Expired: get a new access token from your issuer, by refreshing or by signing in again.',
    'Malformed or from another issuer: send the whole access token, unchanged, from an issuer that /.well-known/oauth-protected-resource/mcp names.',
    'Personal access token (ptn_…), mistyped, cut off or no longer known: copy it again, or create another with POST /tokens.',
    'API key of a provider (sk-… and the like): store it with POST /api-keys, and send an access token instead.',
  ].join(' '),
};
const FORBIDDEN: GatewayRejection = {
  status: 403,
  code: 'forbidden',
  title: 'Not allowed',
  detail: 'The token does not allow this request.',
  nextStep: 'Sign in as a user with the required role, or request the missing scope.',
};
/** The authorizer denies only for a missing scope. */
const LACKS_SCOPE: GatewayRejection = {
  status: 403,
  code: 'insufficient_scope',
  title: 'The token lacks a scope',
  detail: 'The token lacks a required scope.',
  nextStep: 'Request a token with the scopes named in WWW-Authenticate from the issuer.',
};
const SLOW_DOWN: GatewayRejection = {
  status: 429,
  code: 'rate_limited',
  title: 'Too many requests',
  detail: 'The request rate exceeds the limit of the service.',
  nextStep: 'Wait a second and try again.',
  retryAfter: 1,
};
const BROKEN: GatewayRejection = {
  code: 'internal',
  title: 'Internal error',
  detail: 'The request failed.',
  nextStep: 'Try again; if the error persists, report the request id.',
  retryAfter: 5,
};

/** Lambda rejected the call: all executions of the account, or those reserved for the function, are in use. */
const BUSY: GatewayRejection = {
  status: 503,
  code: 'unavailable',
  title: 'Service unavailable',
  detail: 'The service has no capacity for the request at the moment. It was not begun.',
  nextStep: 'Repeat the request after the time in Retry-After.',
  retryAfter: 5,
};

/** By API Gateway response type. */
export const GATEWAY_REJECTIONS: Readonly<Record<string, GatewayRejection>> = {
  UNAUTHORIZED: SIGN_IN,
  EXPIRED_TOKEN: SIGN_IN,
  ACCESS_DENIED: LACKS_SCOPE,
  WAF_FILTERED: FORBIDDEN,
  MISSING_AUTHENTICATION_TOKEN: UNKNOWN, // AWS's name for "no such route"
  INVALID_SIGNATURE: UNKNOWN, // the same, when the request carries an Authorization header
  RESOURCE_NOT_FOUND: UNKNOWN,
  BAD_REQUEST_BODY: INVALID_BODY,
  BAD_REQUEST_PARAMETERS: INVALID,
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    code: 'unsupported_media_type',
    title: 'Unsupported media type: only JSON is accepted',
    detail: 'The content type of the body is not supported.',
    nextStep: 'Send Content-Type: application/json.',
  },
  REQUEST_TOO_LARGE: {
    status: 413,
    code: 'payload_too_large',
    title: 'The request is too large',
    detail: 'The body exceeds the size limit.',
    nextStep: 'Send a smaller request, or split it.',
  },
  THROTTLED: SLOW_DOWN,
  QUOTA_EXCEEDED: SLOW_DOWN,
  INTEGRATION_TIMEOUT: {
    status: 504,
    code: 'deadline_exceeded',
    title: 'Deadline exceeded',
    detail: 'The call exceeded the timeout of the gateway.',
    nextStep: 'Try again, or send a smaller request.',
  },
  API_CONFIGURATION_ERROR: BUSY,
  DEFAULT_4XX: { ...INVALID, status: undefined },
  DEFAULT_5XX: BROKEN,
};

export type ChallengeSite = {
  readonly publicUrl: string;
  readonly scopesArePrefixed: boolean;
  readonly webOrigin: string | undefined;
};

export function addGatewayResponses(api: RestApi, site: ChallengeSite): void {
  const challenges = challengesOf(site);
  const headers = commonHeaders(site.webOrigin);
  for (const [type, rejection] of Object.entries(GATEWAY_REJECTIONS)) {
    const challenge = rejection.status && challenges[rejection.status];
    new GatewayResponse(api, `refusal-${type}`, {
      restApi: api,
      type: ResponseType.of(type),
      ...(rejection.status && { statusCode: String(rejection.status) }),
      responseHeaders: {
        ...headers,
        ...(challenge && { 'WWW-Authenticate': `'${challenge}'` }),
        ...(rejection.retryAfter && { 'Retry-After': `'${rejection.retryAfter}'` }),
      },
      templates: { 'application/json': problem(rejection) },
    });
  }
}

/**
 * RFC 9728: names the metadata for sign-in. Only the gateway can send the header; that of a Lambda would be renamed.
 */
function challengesOf({ publicUrl, scopesArePrefixed }: ChallengeSite): Readonly<Record<number, string>> {
  const prefix = scopesArePrefixed ? `${RESOURCE_SERVER}/` : '';
  const scope = MCP_SCOPES.map((name) => `${prefix}${name}`).join(' ');
  const metadata = `resource_metadata="${publicUrl}/.well-known/oauth-protected-resource/mcp"`;
  return {
    401: `Bearer error="invalid_token", ${metadata}, scope="${scope}"`,
    403: `Bearer error="insufficient_scope", scope="${scope}", ${metadata}`,
  };
}

function commonHeaders(webOrigin: string | undefined): Record<string, string> {
  return {
    'Content-Type': "'application/problem+json'",
    'Cache-Control': "'no-store'",
    'Strict-Transport-Security': "'max-age=63072000; includeSubDomains'",
    Vary: "'Authorization, Origin'",
    'X-Content-Type-Options': "'nosniff'",
    'x-request-id': 'context.requestId',
    ...(webOrigin && {
      'Access-Control-Allow-Origin': `'${webOrigin}'`,
      'Access-Control-Expose-Headers': "'Idempotency-Replayed, Retry-After, WWW-Authenticate, x-request-id'",
    }),
  };
}

/** OpenAI's types of errors. A response type without a status of ours is one of AWS's defaults. */
function openaiType({ status, code }: GatewayRejection): string {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return code === 'internal' || (status ?? 400) >= 500 ? 'server_error' : 'invalid_request_error';
}

/** Contains only the request id: `$context.error.validationErrorString` would echo values. */
function problem(rejection: GatewayRejection): string {
  const { status, code, title, detail, nextStep } = rejection;
  const request_id = '$context.requestId';
  return JSON.stringify({
    type: 'about:blank',
    title,
    ...(status && { status }),
    code,
    detail,
    next_step: nextStep,
    request_id,
    error: {
      message: `${detail} ${nextStep}`,
      type: openaiType(rejection),
      code,
      param: null,
      portunus_code: code,
      next_step: nextStep,
      request_id,
    },
  });
}
