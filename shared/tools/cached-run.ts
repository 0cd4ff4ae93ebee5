// A tool run through the response cache, and which errors an expired entry may answer.
import type { CachedEntry, CacheMiss, CacheRequest } from '#shared/cache/lookup.ts';
import { PUBLIC_SCOPE } from '#shared/cache/store.ts';
import { type AppError, asAppError, ERRORS } from '#shared/core/errors.ts';

import { BUILT_IN_VERSIONS } from './built-in-versions.ts';
import { type CachedCall, cacheModeOf, type LookUpResponse, wantsCache } from './cache-choice.ts';
import { observedSink } from './observed-sink.ts';
import type { Done, ServedBy, Tool, ToolCall } from './tool.ts';

type Arguments = Parameters<Tool['run']>[0];

/** Hash of what decides the form of a result: an entry of an earlier definition is not found. */
function definitionOf({ name, definition = BUILT_IN_VERSIONS[name] }: Tool): string {
  if (definition === undefined) throw new Error(`${name} is cached and has no version.`);
  return definition;
}

function toCacheRequest(tool: Tool, input: Arguments, call: CachedCall): CacheRequest {
  const policy = tool.cache;
  if (!policy) throw new Error(`${tool.name} has no cache policy.`);
  const { principal, requestId, deadline } = call;
  const subject = {
    scope: policy.scope === 'owner' ? principal.ownerId : PUBLIC_SCOPE,
    tool: tool.name,
    definition: policy.basis === undefined ? definitionOf(tool) : `${definitionOf(tool)} ${policy.basis}`,
    authorisation: [principal.models?.toSorted() ?? null, principal.tools?.toSorted() ?? null],
    input: policy.keyOf ? policy.keyOf(input) : input,
  };
  return { subject, policy, mode: cacheModeOf(tool, input, call), requestId, deadline };
}

const doneWith = ({ response, ageSeconds }: CachedEntry, how: Omit<ServedBy, 'ageSeconds'>) => ({
  output: response,
  served: { ...how, ageSeconds },
});

/** An upstream or a service of ours failed, and not the request: the same request may succeed later. */
const isOutage = ({ code }: AppError): boolean =>
  code === 'rate_limited' || (ERRORS[code][0] >= 500 && !NEVER_STALE.has(code));
const NEVER_STALE = new Set<AppError['code']>(['internal', 'integrity_failed', 'egress_refused', 'loop']);

/** The expired entry that answers for an outage. @throws the failure if none may, or if a part of the answer was sent */
function staleFor(
  failure: unknown,
  { stale }: CacheMiss,
  hasStreamed: boolean,
): Done<CachedEntry['response']> {
  const error = asAppError(failure);
  if (!stale || hasStreamed || !isOutage(error)) throw failure;
  return { ...doneWith(stale, { mode: 'stale', reason: error.code }), failure: error };
}

async function runThroughCache(
  { input, call, of }: { input: Arguments; call: ToolCall; of: CachedCall },
  tool: Tool,
  lookUp: LookUpResponse,
): Promise<Done<CachedEntry['response']>> {
  const found = await lookUp(toCacheRequest(tool, input, of));
  if (found.kind === 'hit') return doneWith(found, { mode: 'cached' });
  if (found.kind === 'stale') return doneWith(found, { mode: 'stale', reason: 'in_progress' });
  const { sink, hasStreamed } = observedSink(call.sink);
  try {
    const done = await tool.run(input, { ...call, sink });
    // The answer of another provider is stored by the call that got it.
    const valid = tool.output.safeParse(done.output);
    await (valid.success && !done.failure ? found.store(valid.data) : found.abandon());
    return done;
  } catch (failure) {
    await found.abandon();
    return staleFor(failure, found, hasStreamed());
  }
}

/** `tool.run`, with its results stored in the cache and found there, where it serves the call. */
export const throughCache =
  (lookUp: LookUpResponse, tool: Tool, of: CachedCall): Tool['run'] =>
  (input, call) =>
    wantsCache(tool, input, of) ? runThroughCache({ input, call, of }, tool, lookUp) : tool.run(input, call);
