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

/**
 * Nothing of the answer but its status travels on.
 * @throws {AppError} `key_rejected`, `rate_limited`, `upstream_failed`
 */
export function refuseFailure(
  { status, headers }: Pick<EgressResponse, 'status' | 'headers'>,
  alias: string,
): void {
  if (status >= 200 && status < 300) return;
  const provider = `x-${alias}`;
  if (status === 401 || status === 403) {
    throw new AppError('key_rejected', `The upstream ${alias} rejected the call.`, {
      provider,
      upstream_status: status,
      next_step: `Store a valid key with POST /api-keys, "provider": "${provider}".`,
    });
  }
  if (status === 508) throw new AppError('loop');
  if (status === 429) {
    throw new AppError('rate_limited', `The upstream ${alias} limits the rate of requests.`, {
      provider,
      ...secondsIn(headers['retry-after']),
    });
  }
  throw new AppError('upstream_failed', `The upstream ${alias} returned status ${status}.`, {
    provider,
    upstream_status: status,
  });
}
