// Every refusal the product can state. A code is a contract with clients; a message is prose for people.

/** Code → HTTP status, title, and what the caller can do next where the thrower says nothing better. */
export const ERRORS = {
  invalid_input: [400, 'The request is not valid', 'Correct the named fields and send it again.'],
  upstream_refused: [
    400,
    'The provider refuses this request',
    'Correct the model, its parameters or the length, and send it again.',
  ],
  upstream_forbidden: [
    403,
    'The provider does not allow this request',
    'Check what the key may do at its provider, or use another key or model.',
  ],
  model_not_found: [404, 'The model does not exist', 'Use a model that GET /v1/models lists.'],
  wrong_provider: [400, 'This key belongs to another provider', 'Store it under the provider it belongs to.'],
  unauthenticated: [401, 'Not signed in', 'Send a valid access token as `Authorization: Bearer …`.'],
  forbidden: [403, 'Not allowed', 'Sign in as somebody who may do this, or ask for the missing scope.'],
  insufficient_scope: [403, 'The token lacks a scope', 'Ask the issuer for a token with the named scope.'],
  not_found: [404, 'Not found', 'List what exists and use one of those ids.'],
  unknown_tool: [404, 'No such tool', 'List the tools with GET /mcp/tools.'],
  method_not_allowed: [405, 'Method not allowed', 'Use the method named in the Allow header.'],
  conflict: [409, 'It has changed meanwhile', 'Read the current state and decide again.'],
  idempotency_in_flight: [
    409,
    'The same request is being worked on',
    'Wait as long as Retry-After says and send it again.',
  ],
  key_missing: [409, 'No key stored for this provider', 'Store one with POST /api-keys.'],
  key_frozen: [409, 'The stored key is frozen', 'Unfreeze it with POST /api-keys/{key_id}/unfreeze.'],
  key_expired: [409, 'The stored key has expired', 'Rotate it with POST /api-keys/{key_id}/rotate.'],
  key_invalid: [409, 'The stored key no longer works', 'Rotate it with POST /api-keys/{key_id}/rotate.'],
  key_rejected: [409, 'The provider refuses the stored key', 'Store a new key with POST /api-keys.'],
  tool_changed: [
    409,
    'The tool has changed at its upstream',
    'Whoever registered it can see the difference with GET /mcp/tools/{name} and review it.',
  ],
  tool_inactive: [409, 'The tool is not active', 'Activate it with POST /mcp/tools/{name}/review.'],
  payload_too_large: [413, 'The request is too large', 'Send less, or split it.'],
  unsupported_media_type: [415, 'Only JSON is understood', 'Send `Content-Type: application/json`.'],
  idempotency_mismatch: [
    422,
    'This key was used for another request',
    'Use a new idempotency key for a new request.',
  ],
  rate_limited: [429, 'Too many requests', 'Wait as long as Retry-After says.'],
  quota_exceeded: [
    429,
    'No calls left in this period',
    'Wait as long as Retry-After says; GET /usage tells more.',
  ],
  budget_exceeded: [
    429,
    'No money left in this period',
    'Wait as long as Retry-After says; GET /usage tells more.',
  ],
  price_unknown: [403, 'The price of this model is not known', 'Choose a model whose price is known.'],
  internal: [500, 'Something went wrong', 'Try again; if it stays, report the request id.'],
  integrity_failed: [
    500,
    'A stored record failed its integrity check',
    'Report the request id; store the key again.',
  ],
  upstream_failed: [502, 'The provider answered with an error', 'Try again later or choose another model.'],
  upstream_malformed: [502, 'The provider answered with something unusable', 'Try again later.'],
  upstream_unreachable: [502, 'The provider cannot be reached', 'Try again later.'],
  egress_refused: [502, 'This address may not be called', 'Use a public https address.'],
  unavailable: [503, 'A part of the service is not available', 'Try again in a few seconds.'],
  kms_unavailable: [503, 'The key service is not available', 'Try again in a few seconds.'],
  kms_denied: [503, 'The key service refused us', 'Tell the operator; the request id names the case.'],
  upstream_timeout: [504, 'The provider took too long', 'Try again, or ask for less.'],
  loop: [
    508,
    'The call goes round in circles',
    'Call the tool where it is, not through a gateway that calls this one.',
  ],
  deadline_exceeded: [504, 'There was not enough time', 'Try again, or ask for less.'],
} as const satisfies Record<string, readonly [status: number, title: string, nextStep: string]>;

export type ErrorCode = keyof typeof ERRORS;

/** Fields a client may see beside the code. Paths, rules, names: never a value that came in. */
export type ErrorDetails = {
  readonly issues?: readonly { readonly path: string; readonly message: string }[];
  readonly next_step?: string;
  readonly url?: string;
  readonly [name: string]: unknown;
};

/**
 * A refusal with a reason. Thrown where the reason is known, mapped to HTTP and MCP at the edge.
 * It takes no `cause`: foreign errors may quote a request or a key.
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

/** An upstream's answer that nobody can use. For our log it keeps a sample in which every letter and digit is masked. */
export class MalformedAnswer extends AppError {
  readonly sample: string;

  constructor(answer: string) {
    super('upstream_malformed');
    const start = answer.slice(0, SAMPLE_LENGTH).replaceAll(/\p{Nd}/gu, '0');
    this.sample = start.replaceAll(/\p{L}/gu, 'a').replaceAll(/[^\x20-\x7e]/g, '.');
  }
}

/** AWS SDK errors carry this, whether the service refused or could not be reached. */
const isAwsError = (error: unknown): boolean => error instanceof Error && '$metadata' in error;

/**
 * Anything that is not a refusal of ours is a bug or an outage: it says only "something went wrong", or that a part of
 * us is down.
 */
export function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  return new AppError(isAwsError(error) ? 'unavailable' : 'internal');
}

/** How an error is recorded in the audit trail. */
export const resultOf = (error: AppError): 'refused' | 'failed' =>
  error.status < 500 ? 'refused' : 'failed';

const FRAME = /^ {4}at .*(?::\d+:\d+|<anonymous>|native)\)?$/;

/**
 * Where it broke, not what it said: the message of a foreign error may quote a request or a key, and may have lines that look
 * like frames. It stands in front of them; a stack that does not contain it tells nothing.
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
