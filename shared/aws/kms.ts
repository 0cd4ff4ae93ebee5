import { KMSClient } from '@aws-sdk/client-kms';

import { once } from '#shared/core/once.ts';

import { BOUNDED } from './bounds.ts';

export const kms = once(() => new KMSClient(BOUNDED));
