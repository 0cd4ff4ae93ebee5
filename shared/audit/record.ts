import * as z from 'zod';

export const CATEGORIES = ['authentication', 'api_call', 'user_action', 'system'] as const;
export type Category = (typeof CATEGORIES)[number];

/** All recorded actions, in the past tense. A new action is one more line here. */
export const ACTIONS = [
  'authentication.refused',
  'authentication.failed',
  'roles.changed',
  'sessions.listed',
  'session.revoked',
  'sessions.revoked',
  'token.created',
  'tokens.listed',
  'token.revoked',
  'key.stored',
  'key.validated',
  'key.rotated',
  'key.rolled_back',
  'key.frozen',
  'key.unfrozen',
  'key.labelled',
  'keys.ordered',
  'key.expired',
  'key.previous_dropped',
  'key.invalidated',
  'key.renewed',
  'key.renewal_failed',
  'key.rewrapped',
  'key.receipts_read',
  'key.deleted',
  'key.exposed',
  'token.exposed',
  'leak.reported',
  'account.erased',
  'notice.raised',
  'notices.listed',
  'notice.read',
  'custody.compared',
  'keys.listed',
  'providers.listed',
  'tools.listed',
  'usage.read',
  'preferences.read',
  'preferences.changed',
  'tool.called',
  'tool.registered',
  'tool.read',
  'tool.reviewed',
  'tool.quarantined',
  'tool.deleted',
  'models.listed',
  'mcp.requested',
  'request.replayed',
  'audit.read',
  'audit.verification_read',
  'reports.listed',
  'report.read',
  'report.written',
  'feedback.given',
  'feedback.item_opened',
  'audit.tampered',
  'limits.read',
  'limits.changed',
  'cache.invalidated',
  'cache.tampered',
  'usage.history_read',
  'issuer_keys.refused',
  'circuit.opened',
  'circuit.closed',
] as const;
export type Action = (typeof ACTIONS)[number];

/** `attempted`: written before an outbound call; without an outcome it counts as a possible use of the key. */
export const RESULTS = ['attempted', 'succeeded', 'refused', 'failed'] as const;
export type AuditResult = (typeof RESULTS)[number];

/** Metadata of a record. The names are a closed list, so that no other data is recorded by accident. */
export const META = [
  'provider',
  'model',
  'reason',
  'count',
  'input_tokens',
  'output_tokens',
  'cached_input_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
  'cost_micro_usd',
  'price_version',
  'client',
  'protocol',
  'on_behalf',
  'by',
  'severity',
  'version',
  'outcome',
  'age_seconds',
] as const;
export type Meta = { readonly [name in (typeof META)[number]]?: string | number };

/** Receipt: this version of this key was decrypted for the recorded call. */
export const UsedKey = z.object({ provider: z.string(), kid: z.string(), version: z.number().int() });
export type UsedKey = z.infer<typeof UsedKey>;

/**
 * One record of the trail. Format 2 is stored with chain fields, format 1 has none. `keys` of an outcome are the receipts of the
 * used keys.
 */
export const AuditRecord = z.object({
  fmt: z.union([z.literal(1), z.literal(2)]),
  eventId: z.string(),
  ts: z.iso.datetime({ precision: 3 }),
  ownerId: z.string(),
  category: z.enum(CATEGORIES),
  act: z.enum(ACTIONS),
  target: z.string().optional(),
  result: z.enum(RESULTS),
  code: z.string().optional(),
  requestId: z.string(),
  keys: z.array(UsedKey).optional(),
  meta: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
});
export type AuditRecord = z.infer<typeof AuditRecord>;
