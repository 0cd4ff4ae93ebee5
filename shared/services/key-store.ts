import { dynamo } from '#shared/aws/dynamo.ts';
import { keyTable } from '#shared/aws/key-table.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';

/** Needs `keys:read`, `keys:put`, `keys:delete` or `vault:use`: whichever of its methods is called. */
export const keyStore = lazy(() => keyTable(dynamo(), env('VAULT_TABLE')));
