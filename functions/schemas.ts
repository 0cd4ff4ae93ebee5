// Schemas of what each route takes. The functions parse with the same ones: test/functions/schemas.test.ts compares them.
import type * as z from 'zod';

import { FeedbackBody } from '#shared/account/feedback.ts';
import { PreferencesBody } from '#shared/account/api.ts';
import { AuditQuery } from '#shared/audit/api.ts';
import { ReportPath, ReportsQuery } from '#shared/audit/report-api.ts';
import { ReceiptsQuery } from '#shared/audit/receipts.ts';
import { UsageHistoryQuery } from '#shared/audit/usage-api.ts';
import { CreateTokenBody, RevokeUserBody, SessionPath, TokenPath } from '#shared/auth/api.ts';
import { InvalidateCacheBody } from '#shared/cache/api.ts';
import { LimitsBody } from '#shared/limits/api.ts';
import { NoticePath, NoticeQuery } from '#shared/notices/api.ts';
import { InvokeBody } from '#shared/tools/api.ts';
import { RegisterToolsBody, ReviewBody, ToolPath } from '#shared/tools/registration.ts';
import {
  ConnectKeyBody,
  KeyPath,
  LabelKeyBody,
  OrderKeysBody,
  RotateKeyBody,
  StoreKeyBody,
} from '#shared/vault/api.ts';

import type { RouteName } from './routes.ts';

export type RequestSchemas = {
  readonly path?: z.ZodObject;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
};

export const requestSchemas: Partial<Record<RouteName, RequestSchemas>> = {
  'keys-store': { body: StoreKeyBody },
  'keys-connect': { body: ConnectKeyBody },
  'keys-delete': { path: KeyPath },
  'keys-rotate': { path: KeyPath, body: RotateKeyBody },
  'keys-rollback': { path: KeyPath },
  'keys-validate': { path: KeyPath },
  'keys-freeze': { path: KeyPath },
  'keys-unfreeze': { path: KeyPath },
  'keys-order': { body: OrderKeysBody },
  'keys-label': { path: KeyPath, body: LabelKeyBody },
  'keys-receipts': { path: KeyPath, query: ReceiptsQuery },
  'tools-invoke': { body: InvokeBody },
  'tools-register': { body: RegisterToolsBody },
  'tools-read': { path: ToolPath },
  'tools-review': { path: ToolPath, body: ReviewBody },
  'tools-delete': { path: ToolPath },
  'cache-invalidate': { body: InvalidateCacheBody },
  'limits-change': { body: LimitsBody },
  'usage-history': { query: UsageHistoryQuery },
  'notices-list': { query: NoticeQuery },
  'notices-read': { path: NoticePath },
  'sessions-revoke': { path: SessionPath },
  'tokens-create': { body: CreateTokenBody },
  'tokens-revoke': { path: TokenPath },
  'admin-sessions-revoke': { body: RevokeUserBody },
  'preferences-write': { body: PreferencesBody },
  'audit-logs': { query: AuditQuery },
  'reports-list': { query: ReportsQuery },
  'reports-read': { path: ReportPath },
  'feedback-give': { body: FeedbackBody },
};

/** Bodies by route. API Gateway only checks that there is an object; the function names each wrong field. */
export const requestBodies: Readonly<Record<string, z.ZodType>> = Object.fromEntries(
  Object.entries(requestSchemas).flatMap(([name, { body }]) => (body ? [[name, body]] : [])),
);
