// What a refused caller can do instead: calls that work as they stand, best first.

/** `call.parameters` replace those of the refused call; what they don't name stays as it was. */
export type Alternative = {
  readonly kind: 'other_provider' | 'wait' | 'other_tool';
  readonly description: string;
  readonly call: { readonly tool_name: string; readonly parameters: Readonly<Record<string, unknown>> };
  /** Roughly, by the price table; 0 where no provider is called. */
  readonly cost_micro_usd: CostMicroUsd;
  /** Not before. */
  readonly after_seconds?: number;
};

type CostMicroUsd = number | 'unknown';

export type Refused = {
  readonly code: string;
  readonly tool: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Which limit it was, of a `rate_limited`. */
  readonly scope?: unknown;
  /** Who refused or did not answer, where that is known. */
  readonly provider?: unknown;
  readonly retryAfterSeconds?: unknown;
};

/** A provider that the caller has a usable key for. */
export type UsableProvider = {
  readonly id: string;
  readonly title: string;
  readonly defaultModel: string;
  readonly maxTemperature: number;
  /** Its quota runs low, or a limit on it is used up: it comes after the others. */
  readonly isLow: boolean;
  /** Of the refused call, made there. */
  readonly costMicroUsd: CostMicroUsd;
};

/** What there is to choose from. */
export type Means = {
  readonly providers: readonly UsableProvider[];
  /** Tools that take no key and no arguments, and that the caller may call. */
  readonly free: readonly string[];
  /** Of the refused call, made again as it is. */
  readonly againMicroUsd: CostMicroUsd;
};

/** Refusals that another way may mend: all others say themselves what to do. */
export const hasAlternatives = ({ code }: { readonly code: string }): boolean =>
  code === 'rate_limited' || code === 'deadline_exceeded' || /^(?:key|upstream)_/.test(code);

/** Transient, and not of the caller's making: the same call may work in a moment. */
const passes = (code: string) => code.startsWith('upstream_') || code === 'deadline_exceeded';
const DEFAULT_WAIT_SECONDS = 5;

function patchFor(provider: UsableProvider, parameters: Refused['parameters']) {
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

/** Those with room first; among them by price, those of an unknown one last. */
const better = (a: UsableProvider, b: UsableProvider): number =>
  Number(a.isLow) - Number(b.isLow) || rank(a.costMicroUsd) - rank(b.costMicroUsd);

function otherProviders(refused: Refused, { providers }: Means): Alternative[] {
  // A limit on all calls, or on this tool, is not got round by another provider.
  if (refused.scope === 'owner' || refused.scope === 'tool') return [];
  const asked = refused.provider ?? refused.parameters['provider'];
  return providers
    .filter(({ id }) => id !== asked)
    .toSorted(better)
    .map((provider) => ({
      kind: 'other_provider',
      description: `The same call to ${provider.title}, with your own key.`,
      call: { tool_name: refused.tool, parameters: patchFor(provider, refused.parameters) },
      cost_micro_usd: provider.costMicroUsd,
    }));
}

function waiting({ code, tool, retryAfterSeconds }: Refused, { againMicroUsd }: Means): Alternative[] {
  const seconds = typeof retryAfterSeconds === 'number' ? retryAfterSeconds : undefined;
  const wait = seconds ?? (passes(code) ? DEFAULT_WAIT_SECONDS : undefined);
  if (wait === undefined) return [];
  const description = `The same call again in ${wait} s.`;
  const call = { tool_name: tool, parameters: {} };
  return [{ kind: 'wait', description, call, cost_micro_usd: againMicroUsd, after_seconds: wait }];
}

const otherTools = (refused: Refused, { free }: Means): Alternative[] =>
  refused.scope === 'owner'
    ? []
    : free
        .filter((tool) => tool !== refused.tool)
        .map((tool) => ({
          kind: 'other_tool',
          description: `${tool} requires no provider.`,
          call: { tool_name: tool, parameters: {} },
          cost_micro_usd: 0,
        }));

/** Ranked: the same answer now, the same answer later, something else. */
export const alternativesTo = (refused: Refused, means: Means): Alternative[] => [
  ...otherProviders(refused, means),
  ...waiting(refused, means),
  ...otherTools(refused, means),
];
