import { dynamo } from '#shared/aws/dynamo.ts';
import { sessionTable } from '#shared/aws/session-table.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';

/** Needs `sessions:check`; `list` needs `sessions:list`; `revoke`, `cutAt` and `close` need `sessions:end`. */
export const sessionStore = lazy(() => sessionTable(dynamo(), env('CONTROL_TABLE')));
