// Schemas of the routes of sessions and personal access tokens.
import * as z from 'zod';

import { ownLine } from '#shared/core/own-text.ts';
import { Usd } from '#shared/core/usd.ts';

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

/** A tool, all tools of an alias, or the routes under `/v1`. */
const TokenTool = z
  .string()
  .regex(
    /^(?:[A-Za-z0-9_-]{1,64}|[A-Za-z0-9-]{1,12}__\*|\/v1)$/,
    'must be the name of a tool, <alias>__* or /v1',
  );

const Dollars = Usd.refine((text) => !/^[0.]+$/.test(text), 'must be more than 0');

const TokenBudgetBody = z
  .strictObject({ day_usd: Dollars.optional(), month_usd: Dollars.optional() })
  .refine(
    (budget) => budget.day_usd !== undefined || budget.month_usd !== undefined,
    'must name day_usd or month_usd',
  );

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
  tools: z
    .array(TokenTool)
    .min(1)
    .max(30)
    .optional()
    .describe(
      'The only tools that the token may call: names, `<alias>__*` for all of an alias, `/v1` for the routes of AI providers; absent: all.',
    ),
  budget: TokenBudgetBody.optional().describe(
    'Cost of its calls in a UTC day and month, dollars as text, within the limits of its owner. Models without a known price are rejected.',
  ),
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
  readonly tools: readonly string[] | null;
  readonly budget: { readonly day_usd: string | null; readonly month_usd: string | null } | null;
  readonly created_at: string;
  readonly expires_at: string;
  /** To the minute; null: never used. */
  readonly last_used_at: string | null;
};
