// An upstream's answer: its status, and its body as bounded JSON or as text.
import { isUtf8 } from 'node:buffer';

import { AppError, MalformedAnswer } from '#shared/core/errors.ts';
import { parseJson } from '#shared/core/scan-json.ts';
import type { EgressResponse } from '#shared/egress/egress.ts';

const BOUNDS = { depth: 64, nodes: 50_000 };

/** Finite numbers only: JSON can write one past the largest, and cannot write it again. Halves of letters are U+FFFD already. */
function isSound(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.values(value).every(isSound);
}

function parsed(text: string): unknown {
  try {
    return parseJson(text, BOUNDS);
  } catch {
    throw new MalformedAnswer(text); // no `cause`: it may quote the answer
  }
}

/** @throws {AppError} `upstream_malformed` with a masked sample for our log */
export function jsonIn(text: string): unknown {
  const value = parsed(text);
  if (!isSound(value)) throw new MalformedAnswer(text);
  return value;
}

/** As it came: the key is masked in what is parsed of it. @throws {AppError} `upstream_malformed` unless it is UTF-8 */
export function textIn(body: Uint8Array): string {
  const text = new TextDecoder().decode(body);
  if (!isUtf8(body)) throw new MalformedAnswer(text);
  return text;
}

function secondsIn(header: string | undefined): { retry_after_seconds?: number } {
  const seconds = Number(header);
  return Number.isInteger(seconds) && seconds > 0 && seconds < 3600 ? { retry_after_seconds: seconds } : {};
}

/** Statuses of a definite answer. Others of 4xx say that the moment was wrong: a timeout, a lock, too early. */
const isRejection = (status: number): boolean =>
  status >= 400 && status < 500 && ![408, 423, 425].includes(status);

/**
 * Rejects every status but success. Of a 4xx the upstream's reason reaches the caller: it is what a model corrects itself by.
 * @param about.reason masked and bounded
 * @throws {AppError} `key_rejected`, `upstream_forbidden`, `upstream_refused`, `rate_limited`, `loop`, `upstream_failed`
 */
export function assertSuccess(
  { status, headers }: Pick<EgressResponse, 'status' | 'headers'>,
  {
    alias,
    reason = {},
  }: { readonly alias: string; readonly reason?: { readonly upstream_message?: string } },
): void {
  if (status >= 200 && status < 300) return;
  const about = { provider: `x-${alias}`, upstream_status: status };
  if (status === 508) throw new AppError('loop');
  if (status === 401) {
    throw new AppError('key_rejected', `The upstream ${alias} rejected the call.`, {
      ...about,
      ...reason,
      next_step: `Store a valid key with POST /api-keys, "provider": "${about.provider}".`,
    });
  }
  if (status === 403) {
    throw new AppError('upstream_forbidden', `The upstream ${alias} does not allow the call.`, {
      ...about,
      ...reason,
      next_step: `Check the permissions of your key, or store another with POST /api-keys, "provider": "${about.provider}".`,
    });
  }
  if (status === 429) {
    throw new AppError('rate_limited', `The upstream ${alias} limits the rate of requests.`, {
      provider: about.provider,
      ...secondsIn(headers['retry-after']),
    });
  }
  if (isRejection(status)) {
    throw new AppError('upstream_refused', `The upstream ${alias} returned status ${status}.`, {
      ...about,
      ...reason,
      next_step: 'Correct the arguments; the same call gets the same response.',
    });
  }
  throw new AppError('upstream_failed', `The upstream ${alias} returned status ${status}.`, about);
}
