// Cache policies of the tools that call a model. An answer depends on the keys of its owner and on their preferences.
import * as z from 'zod';

import { CACHE_MODES, type CacheMode } from '#shared/cache/policy.ts';
import { PRICE_VERSION } from '#shared/providers/price-table.ts';

export const Cache = z.enum(CACHE_MODES).describe('Use of stored answers');

const HOUR = 3600;
const DAY = 24 * HOUR;

export const ANSWERS = {
  scope: 'owner',
  ttlSeconds: HOUR,
  maxSeconds: DAY,
  staleSeconds: DAY,
  tags: ['keys', 'preferences'],
  /** Prices decide which model answers a policy such as `cheapest`. */
  basis: PRICE_VERSION,
} as const;

/** A model returns the same vectors for the same text. */
export const VECTORS = { ...ANSWERS, ttlSeconds: DAY, maxSeconds: 6 * DAY } as const;

type WithMode = { readonly cache?: CacheMode | undefined };

/** For tools with the argument `cache`, which is no part of the request itself. */
export const ARGUMENT = {
  modeOf: ({ cache }: WithMode) => cache,
  keyOf: ({ cache: _mode, ...rest }: WithMode): unknown => rest,
};

type Body = Readonly<Record<string, unknown>>;

/** Fields with an effect besides the answer, or whose answer depends on the time. */
const NOT_REPEATABLE = ['web_search_options', 'mcp_servers', 'container', 'audio', 'background'];

/** Tools that the caller runs; a provider's own ones, such as a web search, answer differently each time. */
const isRunByCaller = (tool: unknown): boolean => {
  const { type } = (tool ?? {}) as { type?: unknown };
  return type === undefined || type === 'function' || type === 'custom';
};

/** Whether a model is asked for the same answer each time, and for nothing else. */
export function isDeterministic({ temperature, tools, store, ...rest }: Body): boolean {
  const own = Array.isArray(tools) ? tools.every(isRunByCaller) : tools === undefined;
  return (
    temperature === 0 && own && store !== true && NOT_REPEATABLE.every((name) => rest[name] === undefined)
  );
}

/** The parts of a request that its answer depends on: it may be streamed or not. */
export const withoutStream = ({ stream: _stream, stream_options: _options, ...rest }: Body): Body => rest;
