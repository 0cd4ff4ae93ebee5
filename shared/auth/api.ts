// Schemas of the session routes.
import * as z from 'zod';

export const SessionPath = z.strictObject({
  /** Anything that is no id of the caller's answers like one that does not exist. */
  session_id: z.string().max(256),
});

/** Whose sessions an admin ends: a subject at the admin's own issuer. */
export const RevokeUserBody = z.strictObject({ user_id: z.string().min(1).max(256) });

export type SessionEntry = {
  readonly session_id: string;
  /** What the issuer calls the program that signed in. */
  readonly client: string | null;
  readonly current: boolean;
  readonly since: string;
  readonly last_token_at: string;
  readonly token_expires_at: string;
};
