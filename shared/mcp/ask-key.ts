// URL elicitation for a call that lacks a key: requested once from clients that support it.
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

/** Errors that a new key resolves. A frozen key can be unfrozen without the provider's page. */
const RESOLVED_BY_KEY = new Set<ErrorCode>(['key_missing', 'key_expired', 'key_invalid', 'key_rejected']);
const REQUEST = 'key';
/** Delay before the check: the user may be about to finish. */
const RECHECK_DELAY_MS = 3000;

const lacksKey = (answer: InvokeResult) => !answer.ok && RESOLVED_BY_KEY.has(answer.error.code);

function supportsUrlElicitation({ mcpReq }: ServerContext): boolean {
  const envelope = mcpReq.envelope as Record<string, unknown> | undefined;
  const capabilities = envelope?.[CLIENT_CAPABILITIES_META_KEY] as
    | { elicitation?: { url?: unknown } }
    | undefined;
  return capabilities?.elicitation?.url !== undefined; // an empty `elicitation` means forms, which must not carry a key
}

/** Links to the provider's own page, which holds no data of this gateway and requires its own sign-in. */
function question(answer: InvokeResult): InputRequiredResult | undefined {
  if (answer.ok) return undefined;
  const { code, message, details } = answer.error;
  if (details.url === undefined) return undefined;
  const nextStep = details.next_step ?? ERRORS[code][2];
  const url = inputRequired.elicitUrl({ message: `${message} ${nextStep}`, url: details.url });
  return inputRequired({ inputRequests: { [REQUEST]: url } });
}

/**
 * Response to a call that lacks a key: the elicitation, if it was not sent before; otherwise the state of the vault,
 * because "accepted" only means that the page was opened.
 */
export async function orAskForKey(
  answer: InvokeResult,
  again: () => Promise<InvokeResult>,
  { ctx, deadline }: { ctx: ServerContext; deadline: Deadline },
): Promise<{ answer: InvokeResult } | { question: InputRequiredResult }> {
  if (!lacksKey(answer)) return { answer };
  const said = inputResponse(ctx.mcpReq.inputResponses, REQUEST);
  const asked = said.kind === 'missing' && supportsUrlElicitation(ctx) ? question(answer) : undefined;
  if (asked) return { question: asked };
  const opened = said.kind === 'elicit' && said.action === 'accept';
  if (!opened || deadline.remainingMs() < 2 * RECHECK_DELAY_MS) return { answer };
  await pause(RECHECK_DELAY_MS, undefined, { signal: deadline.signal });
  return { answer: await again() };
}
