// Schemas of the session routes.
import * as z from 'zod';

export const SessionPath = z.strictObject({
  /** Any text that is not an id of the caller's is treated as an unknown id. */
  session_id: z.string().max(256),
});

/** User whose sessions an admin revokes: a subject at the admin's own issuer. */
export const RevokeUserBody = z.strictObject({ user_id: z.string().min(1).max(256) });

export type SessionEntry = {
  readonly session_id: string;
  /** Client name as stated by the issuer. */
  readonly client: string | null;
  readonly current: boolean;
  readonly since: string;
  readonly last_token_at: string;
  readonly token_expires_at: string;
};
