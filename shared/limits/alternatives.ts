// What a refused caller can do instead: calls that work as they stand, best first.

/** `call.parameters` replace those of the refused call; what they don't name stays as it was. */
export type Alternative = {
  readonly kind: 'other_provider' | 'wait' | 'other_tool';
  readonly description: string;
  readonly call: { readonly tool_name: string; readonly parameters: Readonly<Record<string, unknown>> };
  /** Not before. */
  readonly after_seconds?: number;
};

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
};

/** @param free tools that take no key and no arguments, and that the caller may call */
export type Means = { readonly providers: readonly UsableProvider[]; readonly free: readonly string[] };

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

function otherProviders(refused: Refused, { providers }: Means): Alternative[] {
  // A limit on all calls, or on this tool, is not got round by another provider.
  if (refused.scope === 'owner' || refused.scope === 'tool') return [];
  const asked = refused.provider ?? refused.parameters['provider'];
  return providers
    .filter(({ id }) => id !== asked)
    .toSorted((a, b) => Number(a.isLow) - Number(b.isLow))
    .map((provider) => ({
      kind: 'other_provider',
      description: `The same with ${provider.title}, on your own key.`,
      call: { tool_name: refused.tool, parameters: patchFor(provider, refused.parameters) },
    }));
}

function waiting({ code, tool, retryAfterSeconds }: Refused): Alternative[] {
  const seconds = typeof retryAfterSeconds === 'number' ? retryAfterSeconds : undefined;
  const wait = seconds ?? (passes(code) ? DEFAULT_WAIT_SECONDS : undefined);
  if (wait === undefined) return [];
  const description = `The same again in ${wait} s.`;
  return [{ kind: 'wait', description, call: { tool_name: tool, parameters: {} }, after_seconds: wait }];
}

const otherTools = (refused: Refused, { free }: Means): Alternative[] =>
  refused.scope === 'owner'
    ? []
    : free
        .filter((tool) => tool !== refused.tool)
        .map((tool) => ({
          kind: 'other_tool',
          description: `${tool} needs no provider.`,
          call: { tool_name: tool, parameters: {} },
        }));

/** Ranked: the same answer now, the same answer later, something else. */
export const alternativesTo = (refused: Refused, means: Means): Alternative[] => [
  ...otherProviders(refused, means),
  ...waiting(refused),
  ...otherTools(refused, means),
];
