// A tool with a cache policy, run through the response cache on a real table: the parts between a tool call and DynamoDB.
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';

import { cacheTable } from '#shared/aws/cache-table.ts';
import { createEntryCodec } from '#shared/cache/entry.ts';
import type { CacheEvent } from '#shared/cache/lookup.ts';
import { createMemoryTier } from '#shared/cache/memory-tier.ts';
import type { CacheMode } from '#shared/cache/policy.ts';
import { createResponseCache, type ResponseCache } from '#shared/cache/response-cache.ts';
import type { Deadline } from '#shared/core/deadline.ts';
import { throughCache } from '#shared/tools/cached-run.ts';
import type { Tool } from '#shared/tools/tool.ts';
import { principalNamed } from '#test/support/callers.ts';

/** Derived, so that processes and instances share them. */
const secretNamed = (name: string) => createHash('sha256').update(name).digest();

type Instance = {
  readonly db: DynamoDBDocumentClient;
  readonly TableName: string;
  readonly now?: () => number;
  readonly observe?: (event: CacheEvent) => void;
};

/** An instance of the response cache, with the bounds of production. */
export const cacheInstance = ({ db, TableName, now = Date.now, observe = () => undefined }: Instance) =>
  createResponseCache({
    store: cacheTable(db, { TableName }),
    codec: createEntryCodec(secretNamed('entries')),
    names: secretNamed('names'),
    memory: createMemoryTier({ maxEntries: 500, maxBytes: 8 * 1024 * 1024, maxAgeMs: 10_000 }, now),
    now,
    random: Math.random,
    wait: (ms, signal) => sleep(ms, undefined, signal && { signal }).catch(() => undefined),
    observe,
    reportTampering: async () => undefined,
  });

const Anything = z.looseObject({});

export const LOOKUP_SECONDS = 60;

export type Lookup = {
  readonly owner: string;
  readonly question: string;
  readonly deadline: Deadline;
  readonly requestId: string;
  readonly mode?: CacheMode | undefined;
  readonly definition?: string;
};

type Ask = (owner: string, question: string, deadline: Deadline) => Promise<string>;

/** Calls the tool `ref_lookup` for an owner. @param cache absent: without the cache */
export function createLookup(ask: Ask, cache?: ResponseCache) {
  return async ({
    owner,
    question,
    deadline,
    requestId,
    mode,
    definition = '1',
  }: Lookup): Promise<string> => {
    const tool: Tool = {
      name: 'ref_lookup',
      title: 'Lookup',
      description: 'Looks a question up.',
      input: Anything,
      output: Anything,
      definition,
      annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
      examples: [],
      cache: {
        scope: 'owner',
        ttlSeconds: LOOKUP_SECONDS,
        maxSeconds: 5 * LOOKUP_SECONDS,
        staleSeconds: 600,
        tags: ['keys'],
        isDefault: () => true,
      },
      run: async () => ({ output: { answer: await ask(owner, question, deadline) } }),
    };
    const call = { deadline } as never;
    const of = { principal: principalNamed(owner), requestId, deadline, cacheMode: mode };
    const run = cache ? throughCache(cache.lookUp, tool, of) : tool.run;
    const { output } = (await run({ question }, call)) as { output: { answer: string } };
    return output.answer;
  };
}
