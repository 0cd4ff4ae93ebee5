// Identifies the caller. Runs before every route that is not open; API Gateway caches its policy for a minute.
import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent } from 'aws-lambda';

import { type Principal, toAuthorizerContext } from '#shared/auth/principal.ts';
import { isPersonalToken } from '#shared/auth/personal-token.ts';
import { tokenRejected } from '#shared/auth/token-rejection.ts';
import { deriveOwnerId } from '#shared/auth/owner-id.ts';
import { AppError, asAppError } from '#shared/core/errors.ts';
import { tokens } from '#shared/composition/tokens.ts';

import { countAuth } from './edge/auth-metric.ts';
import { headerValues } from './edge/headers.ts';

/** The only message that API Gateway turns into a 401; any other throw is a 500. */
const unauthorized = () => new Error('Unauthorized');

type AuthorizerEvent = APIGatewayRequestAuthorizerEvent;

/** `x-api-key` counts where clients of providers' APIs send it: on routes whose verdicts are not cached (infra/api-stack.ts). */
const apiKeys = (event: AuthorizerEvent): string[] =>
  event.resource.startsWith('/v1/') ? headerValues(event, 'x-api-key') : [];

const bearerIn = (authorization: string): string => /^Bearer ([^\s]+)$/i.exec(authorization)?.[1] ?? '';

const hasNoToken = (event: AuthorizerEvent): boolean =>
  headerValues(event, 'authorization').length === 0 && apiKeys(event).length === 0;

/** @throws {AppError} `unauthenticated` for two of one header, or two different tokens */
function tokenIn(event: AuthorizerEvent): string {
  const [bearers, keys] = [headerValues(event, 'authorization'), apiKeys(event)];
  const [token = '', other] = new Set([...bearers.map(bearerIn), ...keys]);
  if (token === '' || bearers.length > 1 || keys.length > 1) throw tokenRejected('token_malformed');
  if (other !== undefined) throw tokenRejected('token_ambiguous');
  return token;
}

async function resolvePrincipal(token: string): Promise<Principal> {
  if (isPersonalToken(token)) {
    // Store and secret are behind an import of their own: a caller with an issuer's token does not pay for them.
    const { resolvePersonalToken } = await import('#shared/composition/personal-token-check.ts');
    return resolvePersonalToken()(token);
  }
  const { clientId: client, ...verified } = await tokens().verify(token);
  return { ...verified, ownerId: deriveOwnerId(verified.issuer, verified.subject), client };
}

/** Method of the MCP endpoint, and the scope that every call to it needs. */
const MCP_METHOD = 'POST/mcp';
const MCP_SCOPE = 'tools:call';

/**
 * Policy for every method of this stage: what exactly the caller may do is decided in each function. Only the MCP endpoint is
 * denied here without its scope: a client requests a wider token only after a 403 with `WWW-Authenticate`, and only API
 * Gateway can send that header. The policy is cached for all methods, so it does not depend on the method called.
 */
function verdict(event: APIGatewayRequestAuthorizerEvent, principal: Principal): APIGatewayAuthorizerResult {
  const [api = '', stage = ''] = event.methodArn.split('/');
  const says = (Effect: 'Allow' | 'Deny', methods: string) => ({
    Action: 'execute-api:Invoke',
    Effect,
    Resource: `${api}/${stage}/${methods}`,
  });
  const isIn = principal.scopes.length > 0;
  const Statement = [says(isIn ? 'Allow' : 'Deny', '*')];
  if (isIn && !principal.scopes.includes(MCP_SCOPE)) Statement.push(says('Deny', MCP_METHOD));
  return {
    principalId: principal.ownerId,
    policyDocument: { Version: '2012-10-17', Statement },
    context: toAuthorizerContext(principal),
  };
}

/** Records a call that API Gateway denies by the policy, which no function sees: once per run of the authorizer. */
async function recordDeniedMcpCall(
  event: APIGatewayRequestAuthorizerEvent,
  principal: Principal,
): Promise<void> {
  if (principal.scopes.includes(MCP_SCOPE) || !event.methodArn.endsWith(`/${MCP_METHOD}`)) return;
  const { noteRejection } = await import('./edge/rejected-caller.ts');
  const error = new AppError('insufficient_scope', undefined, { scope: MCP_SCOPE });
  await noteRejection(error, event.requestContext.requestId, principal.ownerId);
}

/** @throws always: `Unauthorized` if the token is at fault, any other error if the gateway is */
async function rejectToken(thrown: unknown, requestId: string): Promise<never> {
  const error = asAppError(thrown);
  // Log and store code is imported on demand, so that it does not delay accepted callers.
  const { noteFailure, noteRejection } = await import('./edge/rejected-caller.ts');
  if (error.code !== 'unauthenticated') {
    countAuth('ours', error.code);
    await noteFailure(error, thrown, requestId);
    throw new Error('The caller could not be verified.'); // no `cause`: the runtime logs what is thrown
  }
  const { reason } = error.details;
  countAuth(reason === 'token_expired' ? 'expired' : 'theirs', String(reason));
  await noteRejection(error, requestId);
  throw unauthorized();
}

export async function handler(event: APIGatewayRequestAuthorizerEvent): Promise<APIGatewayAuthorizerResult> {
  if (hasNoToken(event)) throw unauthorized(); // the gateway itself rejects it where it has to be in one header
  try {
    const principal = await resolvePrincipal(tokenIn(event));
    countAuth(principal.expiresAt * 1000 > Date.now() ? 'accepted' : 'expired');
    await recordDeniedMcpCall(event, principal);
    return verdict(event, principal);
  } catch (thrown) {
    return rejectToken(thrown, event.requestContext.requestId);
  }
}
