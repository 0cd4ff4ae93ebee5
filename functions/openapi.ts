// GET /openapi.json — the OpenAPI document of this stage.
import { env } from '#shared/core/env.ts';

import { publicRoute } from './edge/public-route.ts';
import { document } from './openapi/document.ts';

export const handler = publicRoute(() => ({ ...document, servers: [{ url: env('PUBLIC_URL') }] }));
