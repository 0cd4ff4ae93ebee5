// Every error the API can return. A code is a contract with clients; a message is prose for people.

/** Code → HTTP status, title, and the default next step for the caller. */
export const ERRORS = {
  invalid_input: [400, 'Invalid request', 'Correct the named fields and send the request again.'],
  upstream_refused: [
    400,
    'The provider rejected the request',
    'Correct the model, its parameters or the length, and send the request again.',
  ],
  upstream_forbidden: [
    403,
    'The provider does not allow this request',
    'Check the permissions of the key at its provider, or use another key or model.',
  ],
  model_not_found: [404, 'Model not found', 'Use a model listed by GET /v1/models.'],
  wrong_provider: [400, 'The key belongs to another provider', 'Store the key under its own provider.'],
  unauthenticated: [
    401,
    'Authentication required',
    'Send a valid access token as `Authorization: Bearer …`.',
  ],
  forbidden: [403, 'Not allowed', 'Sign in as a user with the required role, or request the missing scope.'],
  insufficient_scope: [
    403,
    'The token lacks a scope',
    'Request a token with the named scope from the issuer.',
  ],
  not_found: [404, 'Not found', 'Use an id returned by the list route.'],
  unknown_tool: [404, 'Unknown tool', 'List the tools with GET /mcp/tools.'],
  method_not_allowed: [405, 'Method not allowed', 'Use the method named in the Allow header.'],
  conflict: [409, 'Modified by another request', 'Read the current state and retry.'],
  idempotency_in_flight: [
    409,
    'A request with this idempotency key is in progress',
    'Send the request again after the time in Retry-After.',
  ],
  key_missing: [409, 'No key stored for this provider', 'Store one with POST /api-keys.'],
  key_frozen: [409, 'The stored key is frozen', 'Unfreeze it with POST /api-keys/{key_id}/unfreeze.'],
  key_expired: [409, 'The stored key has expired', 'Rotate it with POST /api-keys/{key_id}/rotate.'],
  key_invalid: [409, 'The stored key is invalid', 'Rotate it with POST /api-keys/{key_id}/rotate.'],
  key_rejected: [409, 'The provider rejected the stored key', 'Store a new key with POST /api-keys.'],
  tool_changed: [
    409,
    'The tool changed at its upstream',
    'The user who registered it can compare the definitions with GET /mcp/tools/{name} and review it.',
  ],
  tool_inactive: [409, 'The tool is not active', 'Activate it with POST /mcp/tools/{name}/review.'],
  payload_too_large: [413, 'The request is too large', 'Send a smaller request, or split it.'],
  unsupported_media_type: [
    415,
    'Unsupported media type: only JSON is accepted',
    'Send `Content-Type: application/json`.',
  ],
  idempotency_mismatch: [
    422,
    'The idempotency key was used for another request',
    'Use a new idempotency key for a new request.',
  ],
  rate_limited: [429, 'Too many requests', 'Retry after the time in Retry-After.'],
  quota_exceeded: [
    429,
    'Call quota exceeded for this period',
    'Retry after the time in Retry-After; GET /usage shows the details.',
  ],
  budget_exceeded: [
    429,
    'Budget exceeded for this period',
    'Retry after the time in Retry-After; GET /usage shows the details.',
  ],
  price_unknown: [403, 'The price of the model is unknown', 'Choose a model with a known price.'],
  tool_failed: [
    422,
    'The tool reported an error',
    'Correct the arguments as the tool reports; the same call is likely to fail again.',
  ],
  internal: [500, 'Internal error', 'Try again; if the error persists, report the request id.'],
  integrity_failed: [
    500,
    'A stored record failed its integrity check',
    'Report the request id; store the key again.',
  ],
  upstream_failed: [502, 'The provider returned an error', 'Try again later or choose another model.'],
  upstream_malformed: [502, 'The provider returned an invalid response', 'Try again later.'],
  upstream_unreachable: [502, 'The provider is unreachable', 'Try again later.'],
  upstream_unavailable: [
    503,
    'The provider is currently unavailable',
    'Try again after the time in Retry-After, or use an alternative.',
  ],
  egress_refused: [502, 'Calls to this address are not allowed', 'Use a public https address.'],
  unavailable: [503, 'Service unavailable', 'Try again in a few seconds.'],
  kms_unavailable: [503, 'KMS is unavailable', 'Try again in a few seconds.'],
  kms_denied: [503, 'KMS denied the request', 'Report the request id to the operator.'],
  upstream_timeout: [504, 'The provider timed out', 'Try again, or send a smaller request.'],
  loop: [
    508,
    'Loop detected: this gateway already handled the call',
    'Call the tool directly instead of through a gateway that calls this one.',
  ],
  deadline_exceeded: [504, 'Deadline exceeded', 'Try again, or send a smaller request.'],
} as const satisfies Record<string, readonly [status: number, title: string, nextStep: string]>;

export type ErrorCode = keyof typeof ERRORS;

/** Fields returned to clients beside the code: paths, rules and names, never an input value. */
export type ErrorDetails = {
  readonly issues?: readonly { readonly path: string; readonly message: string }[];
  readonly next_step?: string;
  readonly url?: string;
  readonly [name: string]: unknown;
};

/**
 * Expected error with a code. Thrown where the reason is known, mapped to HTTP and MCP at the edge. It takes no
 * `cause`: external errors may quote a request or a key.
 */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message?: string, details: ErrorDetails = {}) {
    super(message ?? `${ERRORS[code][1]}.`);
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return ERRORS[this.code][0];
  }
}

const SAMPLE_LENGTH = 120;

/** Unusable response of an upstream. For the log it keeps a sample in which every letter and digit is masked. */
export class MalformedAnswer extends AppError {
  readonly sample: string;

  constructor(answer: string) {
    super('upstream_malformed');
    const start = answer.slice(0, SAMPLE_LENGTH).replaceAll(/\p{Nd}/gu, '0');
    this.sample = start.replaceAll(/\p{L}/gu, 'a').replaceAll(/[^\x20-\x7e]/g, '.');
  }
}

/** True for errors of the AWS SDK, both service errors and connection errors. */
const isAwsError = (error: unknown): boolean => error instanceof Error && '$metadata' in error;

/** Maps every other error, a bug or an outage, to `internal` or `unavailable` without its message. */
export function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  return new AppError(isAwsError(error) ? 'unavailable' : 'internal');
}

/** Result of the call as recorded in the audit trail. */
export const recordedResult = (error: AppError): 'refused' | 'failed' =>
  error.status < 500 ? 'refused' : 'failed';

const FRAME = /^ {4}at .*(?::\d+:\d+|<anonymous>|native)\)?$/;

/**
 * Stack frames without the message: the message of an external error may quote a request or a key, and may contain
 * lines that look like frames. Only the part after the message is used; a stack that does not contain the message
 * yields nothing.
 */
export function framesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const { stack = '', message } = error;
  const said = stack.indexOf(message);
  if (said < 0) return [];
  return stack
    .slice(said + message.length)
    .split('\n')
    .filter((line) => FRAME.test(line));
}
