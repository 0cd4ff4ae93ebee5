import { SCOPES } from '#shared/auth/scopes.ts';
import { env } from '#shared/core/env.ts';

import { issuers } from './issuers.ts';

/** Needs `issuers:know`. RFC 9728 metadata of the MCP endpoint; only what is enforced is advertised. */
export const protectedResource = () => ({
  resource: `${env('PUBLIC_URL')}/mcp`,
  resource_name: 'Portunus',
  authorization_servers: issuers().map(({ issuer }) => issuer),
  scopes_supported: SCOPES.filter((scope) => scope !== 'ops:write' && scope !== 'admin:write'),
  bearer_methods_supported: ['header'],
});
