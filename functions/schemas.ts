// Schemas of the bodies, by route. API Gateway only checks that there is an object; the function names each wrong field.
import type * as z from 'zod';

import { PreferencesBody } from '#shared/account/api.ts';
import { LimitsBody } from '#shared/limits/api.ts';
import { RevokeUserBody } from '#shared/auth/api.ts';
import { InvokeBody } from '#shared/tools/api.ts';
import {
  ConnectKeyBody,
  LabelKeyBody,
  OrderKeysBody,
  RotateKeyBody,
  StoreKeyBody,
} from '#shared/vault/api.ts';

import type { RouteName } from './routes.ts';

export const requestBodies: Partial<Record<RouteName<'write' | 'call'>, z.ZodType>> = {
  'keys-store': StoreKeyBody,
  'keys-connect': ConnectKeyBody,
  'keys-rotate': RotateKeyBody,
  'keys-order': OrderKeysBody,
  'keys-label': LabelKeyBody,
  'preferences-write': PreferencesBody,
  'tools-invoke': InvokeBody,
  'limits-change': LimitsBody,
  'admin-sessions-revoke': RevokeUserBody,
};
