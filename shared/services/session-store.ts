import { dynamo } from '#shared/aws/dynamo.ts';
import { sessionTable } from '#shared/aws/session-table.ts';
import { env } from '#shared/core/env.ts';
import { once } from '#shared/core/once.ts';

/** Needs `sessions:check`; its `list` needs `sessions:list`. */
export const sessionStore = once(() => sessionTable(dynamo(), env('CONTROL_TABLE')));
