import { createHmac } from 'node:crypto';

import { canonicalJson } from '#shared/core/canonical-json.ts';

export type CacheSubject = {
  readonly scope: string;
  /** The tool, and a hash of its definition: an entry of an earlier one is never served. */
  readonly tool: string;
  readonly definition: string;
  /** Restrictions of what the caller may receive, such as the models of a token. */
  readonly authorisation: unknown;
  readonly input: unknown;
};

/** Keyed hash, so that a name reveals no argument and no other stage has it. */
export function cacheName(key: Uint8Array, subject: CacheSubject): string {
  const { scope, tool, definition, authorisation, input } = subject;
  return createHmac('sha256', key)
    .update(canonicalJson([scope, tool, definition, authorisation ?? null, input ?? null]))
    .digest('base64url');
}
