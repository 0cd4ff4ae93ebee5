import type { InvalidateCacheBody } from './api.ts';
import { ALL_SCOPES, EVERYTHING } from './store.ts';

/** Tags that a request of an operator invalidates. */
export const invalidatedTags = ({ tools = [], depends_on: tags = [], all }: InvalidateCacheBody) => [
  ...tools.map((name) => `tool:${name}`),
  ...tags,
  ...(all ? [EVERYTHING] : []),
];

/** Every instance answers from its own memory for so long. */
export const INVALIDATION_LAG_SECONDS = 10;

/** @param owner absent: the entries of every owner */
export const invalidatedScope = (owner: string | undefined): string => owner ?? ALL_SCOPES;
