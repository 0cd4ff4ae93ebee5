// Schemas of the routes of sessions and personal access tokens.
import * as z from 'zod';

import { ownLine } from '#shared/core/own-text.ts';

import { Scope, SCOPES } from './scopes.ts';

export const SessionPath = z.strictObject({
  /** Any text that is not an id of the caller's is treated as an unknown id. */
  session_id: z.string().max(256),
});

export const RevokeUserBody = z.strictObject({
  user_id: z.string().min(1).max(256).describe("A subject at the admin's own issuer."),
});

export type SessionEntry = {
  readonly session_id: string;
  /** Client name as stated by the issuer. */
  readonly client: string | null;
  readonly current: boolean;
  readonly since: string;
  readonly last_token_at: string;
  readonly token_expires_at: string;
};

const YEAR_SECONDS = 365 * 24 * 3600;

const TokenName = ownLine().min(1).max(80);

/** `<model>` or `<provider>/<model>`, exactly. */
const TokenModel = z.string().regex(/^[\x21-\x7e]{1,100}$/, 'must be the name of a model');

const NotYet = z
  .unknown()
  .refine((value) => value === undefined, 'is not supported yet; set your own budget with PUT /preferences');

export const CreateTokenBody = z.strictObject({
  name: TokenName,
  scopes: z.array(Scope).min(1).max(SCOPES.length),
  expires_in: z.number().int().min(60).max(YEAR_SECONDS).describe('Lifetime in seconds, at most a year.'),
  models: z
    .array(TokenModel)
    .min(1)
    .max(10)
    .optional()
    .describe('The only models that the token may use, each `<model>` or `<provider>/<model>`; absent: all.'),
  budget: NotYet.optional().describe('Not supported yet.'),
});
export type CreateTokenBody = z.infer<typeof CreateTokenBody>;

export const TokenPath = z.strictObject({
  /** Any text that is not the id of a token of the caller is answered like an unknown id. */
  token_id: z.string().max(256),
});

export type TokenEntry = {
  readonly token_id: string;
  readonly name: string;
  readonly status: 'active' | 'expired';
  readonly scopes: readonly string[];
  readonly models: readonly string[] | null;
  readonly created_at: string;
  readonly expires_at: string;
  /** To the minute; null: never used. */
  readonly last_used_at: string | null;
};
