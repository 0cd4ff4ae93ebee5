// GET /.well-known/oauth-protected-resource/mcp — RFC 9728: who issues tokens for this resource.
import { protectedResource } from '#shared/composition/issuers.ts';

import { publicRoute } from './edge/public-route.ts';

export const handler = publicRoute(protectedResource);
