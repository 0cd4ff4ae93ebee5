// A request in Anthropic's Messages API, as much of it as this gateway has to know. Everything else is Anthropic's to judge.
import * as z from 'zod';

import { rejectedField } from '#shared/providers/chat.ts';
import type { NativeRequest } from '#shared/providers/dialect-calls.ts';

import { messageBlockEvents } from './native-events.ts';

const Block = z.looseObject({ type: z.string().min(1).max(64) });
export type Block = z.output<typeof Block>;
const Content = z.union([z.string(), z.array(Block)], 'must be a text or a list of blocks');
export type Content = z.output<typeof Content>;

const Tool = z.looseObject({ type: z.string().max(64).nullish(), name: z.string().max(128) });
export type Tool = z.output<typeof Tool>;

export const MessagesBody = z.looseObject({
  model: z.string().regex(/^[\w.:/@+-]{1,200}$/, 'must be the name of a model'),
  messages: z
    .array(z.looseObject({ role: z.enum(['user', 'assistant', 'system']), content: Content }))
    .min(1)
    .max(20_000),
  max_tokens: z.int().min(0).max(10_000_000).optional(),
  system: Content.nullish(),
  tools: z.array(Tool).max(1000).nullish(),
  stream: z.boolean().nullish(),
});
export type MessagesBody = z.output<typeof MessagesBody>;

/** The body and the headers that belong to it. */
export const MessagesCall = z.object({
  body: MessagesBody,
  version: z
    .string()
    .regex(/^[\w.-]{1,40}$/, 'must be a date such as 2023-06-01')
    .default('2023-06-01'),
  beta: z
    .string()
    .regex(/^[\w.,: -]{1,1000}$/, 'must be a list of names')
    .optional(),
});
export type MessagesCall = z.output<typeof MessagesCall>;

const TITLE = 'Anthropic';

/** Tools that run at Anthropic and are billed by their use. */
const BILLED_TOOL = /^(?:web_search|code_execution|computer_use_environment)_/;

/** @throws {AppError} `invalid_input` for what costs more than the known price */
function checkPrice({ tools, speed, inference_geo: geo }: MessagesBody): void {
  for (const [at, { type }] of (tools ?? []).entries()) {
    if (BILLED_TOOL.test(type ?? '')) {
      throw rejectedField(
        TITLE,
        `tools.${at}.type`,
        'is billed by its use, at a price that is not known here',
      );
    }
  }
  if ((speed ?? 'standard') !== 'standard')
    throw rejectedField(TITLE, 'speed', 'must be standard: others cost more');
  if ((geo ?? 'global') !== 'global')
    throw rejectedField(TITLE, 'inference_geo', 'must be global: others cost more');
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A cache entry of an hour costs more than the known price: it becomes one of five minutes. */
function withKnownCache<T>(block: T, drop: (path: string) => void): T {
  if (!isObject(block)) return block;
  const { cache_control: cache, content } = block;
  const result: Record<string, unknown> = { ...block };
  if (isObject(cache) && 'ttl' in cache && cache['ttl'] !== '5m') {
    const { ttl: _ttl, ...rest } = cache;
    result['cache_control'] = rest;
    drop('cache_control.ttl');
  }
  if (Array.isArray(content)) result['content'] = content.map((part: unknown) => withKnownCache(part, drop));
  return result as T;
}

/** No known model counts one picture, or one document, as more tokens. */
const EXTRA_TOKENS: Readonly<Record<string, number>> = { image: 50_000, document: 300_000 };

const messagesExtraBytes = (content: unknown): number =>
  Array.isArray(content)
    ? content.reduce<number>(
        (sum, block: unknown) =>
          isObject(block)
            ? sum + (EXTRA_TOKENS[String(block['type'])] ?? 0) + messagesExtraBytes(block['content'])
            : sum,
        0,
      )
    : 0;

export const messagesInputBytes = (body: MessagesBody): number =>
  Buffer.byteLength(JSON.stringify(body)) +
  body.messages.reduce(
    (sum, { content }) => sum + messagesExtraBytes(content),
    messagesExtraBytes(body.system),
  );

const TIERS = new Set<unknown>([undefined, null, 'auto', 'standard_only']);

/** The request as Anthropic gets it: as the caller wrote it, but for what would change its price. */
export function nativeMessages({ body, version, beta }: MessagesCall): Omit<NativeRequest, 'path' | 'size'> {
  checkPrice(body);
  const dropped = new Set<string>();
  const drop = (path: string) => void dropped.add(path);
  const { service_tier: tier, stream: _stream, system, tools, ...rest } = withKnownCache(body, drop);
  if (!TIERS.has(tier)) drop('service_tier');
  return {
    headers: { 'anthropic-version': version, ...(beta !== undefined && { 'anthropic-beta': beta }) },
    body: {
      ...rest,
      messages: rest.messages.map((message) => withKnownCache(message, drop)),
      ...(system !== undefined && {
        system: Array.isArray(system) ? system.map((block) => withKnownCache(block, drop)) : system,
      }),
      ...(tools !== undefined && { tools: tools?.map((tool) => withKnownCache(tool, drop)) ?? null }),
    },
    dropped: [...dropped],
    events: messageBlockEvents,
  };
}

/** The priority tier has a price of its own. */
export const STANDARD_TIER = { service_tier: 'standard_only' } as const;
