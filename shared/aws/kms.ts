import { KMSClient } from '@aws-sdk/client-kms';

import { lazy } from '#shared/core/lazy.ts';

import { BOUNDED } from './bounds.ts';

export const kms = lazy(() => new KMSClient(BOUNDED));
