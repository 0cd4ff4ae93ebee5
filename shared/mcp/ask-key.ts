// A call that lacks a key: a client that can show its user a page is asked to, once.
import { setTimeout as pause } from 'node:timers/promises';

import {
  CLIENT_CAPABILITIES_META_KEY,
  inputRequired,
  type InputRequiredResult,
  inputResponse,
  type ServerContext,
} from '@modelcontextprotocol/server';

import type { Deadline } from '#shared/core/deadline.ts';
import { type ErrorCode, ERRORS } from '#shared/core/errors.ts';
import type { InvokeResult } from '#shared/tools/tool.ts';

/** What a new key mends. A frozen one its owner thaws without leaving. */
const MENDED_BY_KEY = new Set<ErrorCode>(['key_missing', 'key_expired', 'key_invalid', 'key_rejected']);
const REQUEST = 'key';
/** Whoever opened the page may be a moment from done. */
const LOOK_AGAIN_MS = 3000;

const lacksKey = (answer: InvokeResult) => !answer.ok && MENDED_BY_KEY.has(answer.error.code);

function canShowPages({ mcpReq }: ServerContext): boolean {
  const envelope = mcpReq.envelope as Record<string, unknown> | undefined;
  const capabilities = envelope?.[CLIENT_CAPABILITIES_META_KEY] as
    | { elicitation?: { url?: unknown } }
    | undefined;
  return capabilities?.elicitation?.url !== undefined; // an empty `elicitation` means forms, and no key goes into one
}

/** The page is the provider's own: it holds nothing of ours, names nobody, and asks for its own sign-in. */
function question(answer: InvokeResult): InputRequiredResult | undefined {
  if (answer.ok) return undefined;
  const { code, message, details } = answer.error;
  if (details.url === undefined) return undefined;
  const nextStep = details.next_step ?? ERRORS[code][2];
  const url = inputRequired.elicitUrl({ message: `${message} ${nextStep}`, url: details.url });
  return inputRequired({ inputRequests: { [REQUEST]: url } });
}

/**
 * What is answered to a call that lacks a key: the question, where it was not put before; after that what the vault says, for
 * "accepted" means no more than "opened the page".
 */
export async function orAskForKey(
  answer: InvokeResult,
  again: () => Promise<InvokeResult>,
  { ctx, deadline }: { ctx: ServerContext; deadline: Deadline },
): Promise<{ answer: InvokeResult } | { question: InputRequiredResult }> {
  if (!lacksKey(answer)) return { answer };
  const said = inputResponse(ctx.mcpReq.inputResponses, REQUEST);
  const asked = said.kind === 'missing' && canShowPages(ctx) ? question(answer) : undefined;
  if (asked) return { question: asked };
  const opened = said.kind === 'elicit' && said.action === 'accept';
  if (!opened || deadline.remainingMs() < 2 * LOOK_AGAIN_MS) return { answer };
  await pause(LOOK_AGAIN_MS, undefined, { signal: deadline.signal });
  return { answer: await again() };
}
