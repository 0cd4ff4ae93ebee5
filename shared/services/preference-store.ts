import { dynamo } from '#shared/aws/dynamo.ts';
import { preferenceTable } from '#shared/aws/preference-table.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';

/** Needs `preferences:read` or `preferences:write`: whichever of its methods is called. */
export const preferenceStore = lazy(() => preferenceTable(dynamo(), env('CONTENT_TABLE')));
