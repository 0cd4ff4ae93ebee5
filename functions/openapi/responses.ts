// Schemas of successful answers, for the API description. A test compares the answers of a running stack with them.
import * as z from 'zod';

import type { RouteName } from '#functions/routes.ts';
import type { preferencesView } from '#shared/account/preferences.ts';
import type { AuditPage } from '#shared/audit/api.ts';
import { DailyReport, type ReportPage } from '#shared/audit/report-api.ts';
import type { VerificationBody } from '#shared/audit/log-status.ts';
import type { ReceiptsPage } from '#shared/audit/receipts.ts';
import { CATEGORIES, RESULTS } from '#shared/audit/record.ts';
import type { UsagePage } from '#shared/audit/usage-api.ts';
import type { SessionEntry, TokenEntry } from '#shared/auth/api.ts';
import { Scope } from '#shared/auth/scopes.ts';
import type { toUsage } from '#shared/limits/usage.ts';
import type { LeakFeedback } from '#shared/exposure/leak-report.ts';
import { Rates } from '#shared/limits/rates.ts';
import { Notice, type NoticePage } from '#shared/notices/notice.ts';
import type { ToolDescription } from '#shared/tools/api.ts';
import { ResultCache } from '#shared/tools/registered.ts';
import type { ToolDetail } from '#shared/tools/review.ts';
import type { KeySummary } from '#shared/vault/stored-key.ts';

const Text = z.string();
const Count = z.int();
const Time = z.iso.datetime();
const JsonObject = z.record(z.string(), z.unknown());

const Done = { success: z.boolean(), message: Text };
const Pagination = z.object({
  limit: Count,
  next_cursor: Text.nullable().describe('For the parameter `cursor`; null: this is the last page'),
});

const keySummary = {
  key_id: Text,
  provider: Text,
  hint: Text.describe('The last four characters'),
  label: Text.nullable(),
  status: z.enum(['active', 'frozen', 'expired', 'invalid']),
  version: Count,
  order: Count.describe('The lowest is used first'),
  created_at: Time,
  rotated_at: Time.nullable(),
  expires_at: Time.nullable(),
  previous_until: Time.nullable().describe(
    'End of the grace period in which the previous value works and can be restored',
  ),
  validation: z
    .object({
      outcome: z.enum(['valid', 'rejected', 'unreachable']),
      checked_at: Time,
      models: z.array(Text).nullable(),
    })
    .nullable(),
};
const KeySummary = z.object(keySummary).meta({ id: 'KeySummary' }) satisfies z.ZodType<KeySummary>;
const ChangedKey = z.object({ ...Done, ...keySummary }).meta({ id: 'ChangedKey' });

const registered = {
  name: Text,
  state: Text,
  shared: z.boolean(),
  version: Count,
  hash: Text,
  title: Text,
};
const source = {
  removed: z.array(Text).describe("Parts removed from the upstream's texts and schemas"),
  source: JsonObject,
};
const RegisteredTool = z.object({ ...registered, ...source }).meta({ id: 'RegisteredTool' });
const definition = {
  description: Text,
  input_schema: JsonObject,
  output_schema: JsonObject.nullable(),
  annotations: z.record(z.string(), z.boolean()),
  examples: z.array(JsonObject),
};
const RegisteredToolDetail = z
  .object({
    ...registered,
    ...definition,
    ...source,
    state: z.enum(['draft', 'active', 'disabled', 'quarantined']),
    credential: z.object({ provider: Text, header: Text }).nullable(),
    cache: ResultCache.nullable().describe('As it was registered; of operations that only read'),
    drift: z
      .object({ at: Time, hash: Text.nullable(), changes: z.array(z.looseObject({})) })
      .nullable()
      .describe('Current definition of the upstream, compared with the approved one; activated by its hash'),
    created_at: Time,
    updated_at: Time,
  })
  .meta({ id: 'RegisteredToolDetail' }) satisfies z.ZodType<Omit<ToolDetail, 'drift'>>;

const Tool = z
  .object({
    name: Text,
    title: Text,
    ...definition,
    scope: Text.nullable(),
    requires_key: z.object({ kind: Text, present: z.boolean() }).nullable(),
    registration: z
      .object({ state: Text, version: Count, hash: Text, shared: z.boolean() })
      .nullable()
      .describe('Null for a built-in tool'),
  })
  .meta({ id: 'Tool' }) satisfies z.ZodType<ToolDescription>;

const Invoked = z.object({
  result: JsonObject,
  success: z.literal(true),
  cached: z.boolean(),
  age_seconds: Count.optional().describe('Of a cached result'),
  mode: z.enum(['live', 'backup_key', 'cached', 'stale', 'failover']),
  attempts: z
    .array(z.object({ provider: Text, model: Text.optional(), key_id: Text.optional(), code: Text }))
    .optional()
    .describe('Steps of the call, if the first did not answer'),
  reason: Text.optional(),
  usage: z.looseObject({}).optional().describe('Charge of a call to a provider'),
  notes: z.array(Text).optional(),
  request_id: Text,
});

const Gauge = z
  .object({
    spent: Count.describe('By ended calls'),
    open: Count.describe('Reserved for calls in progress'),
    limit: Count.nullable(),
    left: Count.nullable(),
  })
  .meta({ id: 'Gauge' });
const period = { calls: Gauge, micro_usd: Gauge };
const Period = z.object({ ...period, resets_at: Time });
const Usage = z.object({
  currency: z.literal('USD'),
  micro_usd_per_usd: Count,
  day: Period,
  month: Period,
  providers: z.record(z.string(), z.object({ day: z.object(period), month: z.object(period) })),
  calls_under_way: Count,
  own_budget: z.object({ day_micro_usd: Count.nullable(), month_micro_usd: Count.nullable() }),
  token_budget: z
    .object({ day: Gauge, month: Gauge })
    .optional()
    .describe('Of the personal access token of this request, if it has a budget; in micro-USD'),
  price_version: Text,
}) satisfies z.ZodType<Omit<ReturnType<typeof toUsage>, 'token_budget'>>;

const UsageHistory = z.object({
  by: z.enum(['day', 'tool', 'provider', 'key']),
  from: z.iso.date(),
  to: z.iso.date(),
  usage: z.array(
    z.object({
      day: z.iso.date(),
      tool: Text.optional(),
      provider: Text.optional(),
      key_id: Text.optional(),
      calls: Count.describe('Ended calls: the sum of the next three'),
      succeeded: Count,
      refused: Count,
      failed: Count,
      input_tokens: Count.describe('As counted by the provider'),
      output_tokens: Count,
      cost_micro_usd: Count,
    }),
  ),
  units: z.record(z.string(), z.string()),
  complete_until: Time.describe('Every call that ended before this time is counted'),
  pagination: Pagination,
});

const limits = { version: Count, limits: Rates, changed_at: Time.nullable(), in_force_within_seconds: Count };
const preferences = {
  version: Count,
  default_provider: Text.nullable(),
  default_models: z.record(z.string(), z.string()),
  default_policy: z.enum(['preferred', 'cheapest']),
  failover: z.object({
    allowed: z.boolean(),
    providers: z.array(Text),
    models: z.record(z.string(), z.record(z.string(), z.string())).optional(),
  }),
  budget: z.object({ currency: Text, day_usd: Text.nullable(), month_usd: Text.nullable() }),
  updated_at: Time.nullable(),
};
const Preferences = z.object(preferences) satisfies z.ZodType<ReturnType<typeof preferencesView>>;

const Notices = z.object({
  notices: z.array(Notice.extend({ read_at: Time.nullable() })),
  pagination: Pagination,
}) satisfies z.ZodType<NoticePage>;

const Session = z.object({
  session_id: Text,
  client: Text.nullable().describe('Client name as stated by the issuer'),
  current: z.boolean(),
  since: Time,
  last_token_at: Time,
  token_expires_at: Time,
}) satisfies z.ZodType<SessionEntry>;

const token = {
  token_id: Text,
  name: Text,
  status: z.enum(['active', 'expired']),
  scopes: z.array(Scope),
  models: z.array(Text).nullable(),
  tools: z.array(Text).nullable(),
  budget: z.object({ day_usd: Text.nullable(), month_usd: Text.nullable() }).nullable(),
  created_at: Time,
  expires_at: Time,
  last_used_at: Time.nullable().describe('To the minute; null: never used'),
};
const Token = z.object(token).meta({ id: 'PersonalAccessToken' }) satisfies z.ZodType<TokenEntry>;

const Erased = z.object({
  ...Done,
  complete: z.boolean(),
  next_step: Text.optional(),
  erased_at: Time,
  erased: z.object({ keys: Count, records: Count }),
  no_longer_readable: z.array(Text),
  live_within_seconds: Count,
  backups: z.array(z.object({ what: Text, days: Count, lapse_at: Time })),
  kept: Text,
  revoke_at_providers: z.array(z.object({ provider: Text, title: Text, url: Text.nullable() })),
});

const AuditLogs = z.object({
  logs: z.array(
    z.object({
      event_id: Text,
      time: Time,
      user_id: Text,
      action: Text,
      category: z.enum(CATEGORIES),
      target: Text.optional(),
      result: z.enum(RESULTS),
      error: Text.optional(),
      request_id: Text,
      keys: z.array(z.object({ key_id: Text, version: Count })).optional(),
      metadata: z.record(z.string(), z.union([z.string(), z.number()])),
    }),
  ),
  total_count: Count.describe('Exact up to 1,000; beyond, `pagination.total_is_exact` is false'),
  pagination: Pagination.extend({
    total_is_exact: z.boolean(),
    from: Time.optional().describe('Start of the range, for the records of all owners'),
  }),
}) satisfies z.ZodType<AuditPage>;

const Receipts = z.object({
  receipts: z.array(
    z.object({
      time: Time,
      action: Text,
      tool: Text.nullable(),
      request_id: Text,
      version: Count.nullable(),
      outcome: z.enum(['succeeded', 'refused', 'failed', 'unknown']),
    }),
  ),
  pagination: Pagination,
}) satisfies z.ZodType<ReceiptsPage>;

const Providers = z.object({
  providers: z.array(
    z.object({
      name: Text,
      title: Text,
      features: z.array(Text),
      key_format: Text,
      key_page: Text.nullable(),
      renewal: z.enum(['oauth', 'api', 'guided']),
      default_model: Text,
      your_keys: z.object({ stored: Count, usable: Count }),
    }),
  ),
});

const Model = z
  .object({ id: Text, object: z.literal('model'), created: Count, owned_by: Text })
  .meta({ id: 'Model' });

/** Formats of other vendors and of RFCs: their own documents describe them in full. */
const Foreign = z.looseObject({});

/** `created`: answered 201. */
export type ResponseDoc = {
  readonly status?: 201 | 302;
  /** Default JSON. */
  readonly media?: 'text/html';
  readonly body: z.ZodType;
};

const Verification = z.object({
  status: z.enum(['sealed', 'late', 'never']),
  origin: Text.nullable(),
  size: Count,
  sealed_seconds_ago: Count.nullable(),
  checkpoint: Text.nullable().describe('Signed note: docs/formats.md'),
  public_key: Text.nullable().describe('PEM'),
  verified: z.object({ size: Count, hour: Text, seconds_ago: Count }).nullable(),
});

export const responses: Readonly<Record<RouteName, ResponseDoc>> = {
  'keys-store': { status: 201, body: ChangedKey },
  'keys-connect': { status: 201, body: ChangedKey },
  'keys-list': { body: z.object({ keys: z.array(KeySummary) }) },
  'keys-providers': { body: Providers },
  'keys-rotate': { body: ChangedKey },
  'keys-rollback': { body: ChangedKey },
  'keys-validate': {
    body: z.object({
      ...Done,
      ...keySummary,
      outcome: z.enum(['valid', 'rejected', 'unreachable']),
      cached: z.boolean().describe('The answer of less than a minute ago'),
    }),
  },
  'keys-freeze': { body: ChangedKey },
  'keys-unfreeze': { body: ChangedKey },
  'keys-order': { body: z.object({ ...Done, provider: Text, key_ids: z.array(Text) }) },
  'keys-label': { body: ChangedKey },
  'keys-receipts': { body: Receipts },
  'keys-delete': { body: z.object({ ...Done, key_id: Text }) },

  'tools-invoke': { body: Invoked },
  'tools-list': { body: z.object({ tools: z.array(Tool) }) },
  'tools-register': {
    status: 201,
    body: z.object({
      tools: z.array(RegisteredTool),
      skipped: z.array(z.object({ name: Text, reason: Text })),
      deleted: z.array(Text).describe('Tools that a replacement has deleted'),
    }),
  },
  'tools-read': { body: RegisteredToolDetail },
  'tools-review': { body: z.union([RegisteredToolDetail, z.object({ tools: z.array(RegisteredTool) })]) },
  'tools-delete': {
    body: z.union([
      z.object({ success: z.boolean(), name: Text }),
      z.object({ success: z.boolean(), names: z.array(Text) }),
    ]),
  },
  mcp: { body: Foreign },

  completions: { body: Foreign },
  embeddings: { body: Foreign },
  responses: { body: Foreign },
  messages: { body: Foreign },
  'messages-count': { body: z.object({ input_tokens: Count, estimated: z.literal(true).optional() }) },
  'models-list': { body: z.object({ object: z.literal('list'), data: z.array(Model) }) },
  'models-read': { body: Model },

  'usage-read': { body: Usage },
  'usage-history': { body: UsageHistory satisfies z.ZodType<Omit<UsagePage, 'usage'>> },
  'limits-read': { body: z.object({ ...limits, source: z.enum(['stored', 'deployed']) }) },
  'limits-change': { body: z.object({ ...Done, ...limits }) },
  'cache-invalidate': { body: z.object({ ...Done, in_force_within_seconds: Count }) },
  'preferences-read': { body: Preferences },
  'preferences-write': { body: z.object({ ...Done, ...preferences }) },
  'notices-list': { body: Notices },
  'notices-read': { body: z.object({ ...Done, id: Text }) },

  'sessions-list': { body: z.object({ sessions: z.array(Session) }) },
  'sessions-revoke': { body: z.object({ ...Done, session_id: Text }) },
  'sessions-revoke-all': { body: z.object(Done) },
  'admin-sessions-revoke': { body: z.object({ ...Done, user_id: Text }) },
  'tokens-create': {
    status: 201,
    body: z.object({
      ...Done,
      token: Text.nullable().describe('Null in the answer to a repeated request'),
      ...token,
    }),
  },
  'tokens-list': { body: z.object({ tokens: z.array(Token) }) },
  'tokens-revoke': { body: z.object({ ...Done, token_id: Text }) },
  'account-erase': { body: Erased },

  'audit-logs': { body: AuditLogs },
  'audit-verification': { body: Verification satisfies z.ZodType<VerificationBody> },

  health: { body: z.object({ status: z.literal('ok') }) },
  openapi: { body: Foreign },
  'metadata-protected-resource': { body: Foreign },
  'metadata-authorization-server': { body: Foreign },
  'reports-list': {
    body: z.object({
      reports: z.array(DailyReport.pick({ date: true, written_at: true, metrics: true })),
      pagination: Pagination,
    }) satisfies z.ZodType<ReportPage>,
  },
  'reports-read': { body: DailyReport },
  'feedback-give': { body: z.object(Done) },

  'leak-reports': {
    body: z.array(
      z.object({
        token_hash: Text.describe('Base64 of the SHA-256 of the token'),
        token_type: Text,
        label: z.enum(['true_positive', 'false_positive']),
      }),
    ) satisfies z.ZodType<LeakFeedback[]>,
  },
  'oauth-register': { status: 201, body: Foreign },
  'oauth-authorize': { body: Text, media: 'text/html' },
  'oauth-callback': { status: 302, body: Text, media: 'text/html' },
  'oauth-token': { body: Foreign },
};
