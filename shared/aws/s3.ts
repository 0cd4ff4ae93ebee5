import { S3Client } from '@aws-sdk/client-s3';

import { lazy } from '#shared/core/lazy.ts';

import { BOUNDED } from './bounds.ts';

export const s3 = lazy(() => new S3Client(BOUNDED));
