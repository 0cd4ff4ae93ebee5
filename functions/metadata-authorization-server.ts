// GET /.well-known/oauth-authorization-server — RFC 8414: an issuer that cannot describe itself to MCP clients, described by us.
import { authorizationServer } from '#shared/composition/issuers.ts';

import { publicRoute } from './edge/public-route.ts';

export const handler = publicRoute(authorizationServer);
