import { dynamo } from '#shared/aws/dynamo.ts';
import { keyTable } from '#shared/aws/key-table.ts';
import { env } from '#shared/core/env.ts';
import { once } from '#shared/core/once.ts';

/** Needs `keys:read`, `keys:put`, `keys:delete` or `vault:use`: whichever of its methods is called. */
export const keyStore = once(() => keyTable(dynamo(), env('VAULT_TABLE')));
