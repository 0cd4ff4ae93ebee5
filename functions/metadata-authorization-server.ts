// GET /.well-known/oauth-authorization-server — RFC 8414: an issuer that cannot describe itself to MCP clients, described by us.
import { authorizationServer } from '#shared/services/protected-resource.ts';

import { openRoute } from './open.ts';

export const handler = openRoute(authorizationServer);
