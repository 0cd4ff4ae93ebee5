// Alternatives offered to a rejected caller: complete calls, best first.

/** `call.parameters` override those of the rejected call; the others stay unchanged. */
export type Alternative = {
  readonly kind: 'other_provider' | 'wait' | 'other_tool';
  readonly description: string;
  readonly call: { readonly tool_name: string; readonly parameters: Readonly<Record<string, unknown>> };
  /** Estimate from the price table; 0 if no provider is called. */
  readonly cost_micro_usd: CostMicroUsd;
  /** Earliest time of the call. */
  readonly after_seconds?: number;
};

type CostMicroUsd = number | 'unknown';

export type RejectedCall = {
  readonly code: string;
  readonly tool: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Scope of the limit, for a `rate_limited`. */
  readonly scope?: unknown;
  /** Provider that rejected the call or did not respond, if known. */
  readonly provider?: unknown;
  readonly retryAfterSeconds?: unknown;
};

/** Provider for which the caller has a usable key. */
export type UsableProvider = {
  readonly id: string;
  readonly title: string;
  readonly defaultModel: string;
  readonly maxTemperature: number;
  /** Its quota is low or a limit on it is reached; ranked after the others. */
  readonly isLow: boolean;
  /** Estimated cost of the rejected call at this provider. */
  readonly costMicroUsd: CostMicroUsd;
};

/** Inputs for the choice of alternatives. */
export type Means = {
  readonly providers: readonly UsableProvider[];
  /** Tools that require no key and no arguments, and that the caller may call. */
  readonly free: readonly string[];
  /** Estimated cost of repeating the rejected call. */
  readonly againMicroUsd: CostMicroUsd;
};

/** Rejections for which alternatives exist; for all others the next step is sufficient. */
export const hasAlternatives = ({ code }: { readonly code: string }): boolean =>
  code === 'rate_limited' || code === 'deadline_exceeded' || /^(?:key|upstream)_/.test(code);

/** Definite rejections: the same call gets the same response from the same provider. */
const isDefinite = (code: string) => code === 'upstream_refused' || code === 'upstream_forbidden';
/** Transient failures not caused by the caller: the same call may succeed shortly after. */
const passes = (code: string) =>
  (code.startsWith('upstream_') && !isDefinite(code)) || code === 'deadline_exceeded';
const DEFAULT_WAIT_SECONDS = 5;

function patchFor(provider: UsableProvider, parameters: RejectedCall['parameters']) {
  const { temperature } = parameters;
  return {
    provider: provider.id,
    ...('model' in parameters && { model: provider.defaultModel }),
    ...('policy' in parameters && { policy: 'preferred' }), // any other chooses the provider itself
    ...(typeof temperature === 'number' &&
      temperature > provider.maxTemperature && { temperature: provider.maxTemperature }),
  };
}

const rank = (cost: CostMicroUsd) => (cost === 'unknown' ? Number.MAX_VALUE : cost);

/** Ranks providers with remaining quota first, then by price; unknown prices last. */
const better = (a: UsableProvider, b: UsableProvider): number =>
  Number(a.isLow) - Number(b.isLow) || rank(a.costMicroUsd) - rank(b.costMicroUsd);

function otherProviders(rejected: RejectedCall, { providers }: Means): Alternative[] {
  // Another provider does not help against a limit on all calls or on this tool.
  if (rejected.scope === 'owner' || rejected.scope === 'tool') return [];
  const asked = rejected.provider ?? rejected.parameters['provider'];
  return providers
    .filter(({ id }) => id !== asked)
    .toSorted(better)
    .map((provider) => ({
      kind: 'other_provider',
      description: `The same call to ${provider.title}, with your own key.`,
      call: { tool_name: rejected.tool, parameters: patchFor(provider, rejected.parameters) },
      cost_micro_usd: provider.costMicroUsd,
    }));
}

function waiting({ code, tool, retryAfterSeconds }: RejectedCall, { againMicroUsd }: Means): Alternative[] {
  const seconds = typeof retryAfterSeconds === 'number' ? retryAfterSeconds : undefined;
  const wait = seconds ?? (passes(code) ? DEFAULT_WAIT_SECONDS : undefined);
  if (wait === undefined) return [];
  const description = `The same call again in ${wait} s.`;
  const call = { tool_name: tool, parameters: {} };
  return [{ kind: 'wait', description, call, cost_micro_usd: againMicroUsd, after_seconds: wait }];
}

const otherTools = (rejected: RejectedCall, { free }: Means): Alternative[] =>
  rejected.scope === 'owner' || isDefinite(rejected.code)
    ? []
    : free
        .filter((tool) => tool !== rejected.tool)
        .map((tool) => ({
          kind: 'other_tool',
          description: `${tool} requires no provider.`,
          call: { tool_name: tool, parameters: {} },
          cost_micro_usd: 0,
        }));

/** Ranking: the same result now, the same result later, another tool. */
export const alternativesTo = (rejected: RejectedCall, means: Means): Alternative[] => [
  ...otherProviders(rejected, means),
  ...waiting(rejected, means),
  ...otherTools(rejected, means),
];
