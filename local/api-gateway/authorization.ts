// Lambda authorizers: identity sources, invocation, cached policy, and the gateway responses for a rejection.
import * as z from 'zod';

import { LambdaRejection } from '#local/lambda/function-error.ts';
import type { Lambda } from '#local/lambda/lambda.ts';

import { type Call, requireMatch, headerValue } from './api-call.ts';
import type { Authorizer } from './api-definition.ts';
import { evaluate, Policy } from './policy-verdict.ts';
import { type EventSite, executeApiArn, methodArn, requestAuthorizerEvent } from './proxy-event.ts';
import { GatewayError } from './gateway-error.ts';

/** Sets `call.authorizer`. @throws {GatewayError} */
export type Authorize = (call: Call) => Promise<void>;

export type AuthorizationOptions = {
  readonly site: EventSite;
  readonly authorizers: ReadonlyMap<string, Authorizer>;
  readonly lambda: Lambda;
  readonly now: () => number;
};

const Output = z.object({
  principalId: z.string(),
  policyDocument: Policy,
  context: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
});
type Output = z.output<typeof Output>;

type Cached = { readonly output: Output; readonly until: number };
const CACHE_LIMIT = 10_000;

export function createAuthorize(options: AuthorizationOptions): Authorize {
  const { site, authorizers, now } = options;
  const cache = new Map<string, Cached>();

  async function outputFor(id: string, authorizer: Authorizer, call: Call): Promise<Output> {
    const identity = requireIdentity(authorizer, call);
    const ttlMs = authorizer.AuthorizerResultTtlInSeconds * 1000;
    // Without identity sources there is nothing to cache under.
    if (ttlMs === 0 || identity.length === 0) return invokeAuthorizer(options, { id, authorizer, call });
    const key = JSON.stringify([id, identity]);
    const cached = cache.get(key);
    if (cached !== undefined && cached.until > now()) return cached.output;
    const output = await invokeAuthorizer(options, { id, authorizer, call });
    if (cache.size >= CACHE_LIMIT) cache.clear();
    cache.set(key, { output, until: now() + ttlMs });
    return output;
  }

  return async (call) => {
    const { method } = requireMatch(call);
    if (method.AuthorizationType === 'NONE') return;
    const id = method.AuthorizerId ?? '';
    const authorizer = authorizers.get(id);
    if (authorizer === undefined) throw new GatewayError('AUTHORIZER_CONFIGURATION_ERROR');
    const startedAt = now();
    const { principalId, context, policyDocument } = await outputFor(id, authorizer, call);
    call.authorizer = { ...asText(context), principalId, integrationLatency: now() - startedAt };
    const verdict = evaluate(policyDocument, methodArn(site, call, call.path));
    if (verdict === 'not allowed') throw new GatewayError('ACCESS_DENIED');
    if (verdict === 'denied') throw new GatewayError('ACCESS_DENIED', EXPLICIT_DENY);
  };
}

const EXPLICIT_DENY =
  'User is not authorized to access this resource with an explicit deny in an identity-based policy';

/** A proxy integration receives numbers and booleans as text. */
const asText = (context: Output['context']): Record<string, string> =>
  Object.fromEntries(Object.entries(context).map(([name, value]) => [name, String(value)]));

/** @throws {GatewayError} 401 without invoking the authorizer when an identity source is missing. */
function requireIdentity(authorizer: Authorizer, call: Call): string[] {
  return authorizer.IdentitySource.map((source) => {
    const value = sourceValue(source, call);
    if (value === undefined || value === '') throw new GatewayError('UNAUTHORIZED');
    return value;
  });
}

function sourceValue(source: string, call: Call): string | undefined {
  const name = /^method\.request\.header\.(.+)$/.exec(source)?.[1];
  if (name === undefined) throw new Error(`Identity source ${source} is not supported.`);
  return headerValue(call.headers, name);
}

type AuthorizerRequest = { readonly id: string; readonly authorizer: Authorizer; readonly call: Call };

async function invokeAuthorizer(
  { site, lambda }: AuthorizationOptions,
  authorizerRequest: AuthorizerRequest,
): Promise<Output> {
  const { functionArn } = authorizerRequest.authorizer.AuthorizerUri;
  const sourceArn = executeApiArn(site, `authorizers/${authorizerRequest.id}`);
  if (!lambda.mayInvoke({ functionArn, principal: 'apigateway.amazonaws.com', sourceArn })) {
    throw new GatewayError('AUTHORIZER_CONFIGURATION_ERROR');
  }
  const invocation = await lambda
    .invoke(functionArn, requestAuthorizerEvent(site, authorizerRequest.call))
    .catch((error: unknown) => {
      if (error instanceof LambdaRejection) throw new GatewayError('AUTHORIZER_CONFIGURATION_ERROR');
      throw error;
    });
  if (invocation.functionError !== undefined) {
    const isRejection = invocation.payload.errorMessage === 'Unauthorized'; // exactly this text, as on AWS
    throw new GatewayError(isRejection ? 'UNAUTHORIZED' : 'AUTHORIZER_FAILURE');
  }
  const output = Output.safeParse(invocation.payload);
  if (!output.success) throw new GatewayError('AUTHORIZER_CONFIGURATION_ERROR');
  return output.data;
}
