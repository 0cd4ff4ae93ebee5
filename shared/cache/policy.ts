// Cache policy of a tool: which of its results are kept, for whom, and how long.

export type CacheScope = 'owner' | 'public';

/** `on`: also where the policy would not. `off`: neither read nor stored. `refresh`: stored, but not read. */
export const CACHE_MODES = ['on', 'off', 'refresh'] as const;
export type CacheMode = (typeof CACHE_MODES)[number];

export type CachePolicy<In> = {
  /** `owner`: an entry belongs to one owner. `public`: to everyone, for results that depend on the arguments alone. */
  readonly scope: CacheScope;
  /** Lifetime of a fresh entry. With `maxSeconds` each use renews it, up to that age. */
  readonly ttlSeconds: number;
  readonly maxSeconds?: number;
  /** Time after its freshness in which an entry may answer for an upstream that fails. */
  readonly staleSeconds: number;
  /** Whether the result of these arguments is kept if the caller does not say. */
  readonly isDefault: (input: In) => boolean;
  /** The mode in the arguments, for tools whose arguments can hold one. */
  readonly modeOf?: (input: In) => CacheMode | undefined;
  /** JSON that is equal for two requests with the same result. Absent: all arguments. */
  readonly keyOf?: (input: In) => unknown;
  /** Version of data that results depend on and that changes with a deployment: entries of another one are not found. */
  readonly basis?: string;
  /** Tags besides that of the tool: data the result depends on. Invalidating one invalidates the entry. */
  readonly tags: readonly CacheTag[];
};

/** `keys`: the stored keys of the owner. `preferences`: their preferences. `alias:`: data of the upstream of registered tools. */
export type CacheTag = 'keys' | 'preferences' | `tool:${string}` | `alias:${string}`;
