import { dynamo } from '#shared/aws/dynamo.ts';
import { personalTokenTable } from '#shared/aws/personal-token-table.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';

/** `find` needs `personal-tokens:resolve`; the others the need of their name. */
export const personalTokenStore = lazy(() => personalTokenTable(dynamo(), env('CONTROL_TABLE')));
