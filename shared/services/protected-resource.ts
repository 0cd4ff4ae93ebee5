import { SCOPES_OF } from '#shared/auth/scopes.ts';
import { env } from '#shared/core/env.ts';

import { issuers } from './issuers.ts';

/** Needs `issuers:know`. RFC 9728 metadata of the MCP endpoint; scopes as the issuers spell them. */
export function protectedResource() {
  // What a user's role grants: an operator or admin asks for the rest by name.
  const scopes = SCOPES_OF.user;
  const prefixes = new Set(issuers().map(({ scopePrefix = '' }) => scopePrefix));
  return {
    resource: `${env('PUBLIC_URL')}/mcp`,
    resource_name: 'Portunus',
    authorization_servers: issuers().map(({ issuer }) => issuer),
    scopes_supported: [...prefixes].flatMap((prefix) => scopes.map((scope) => `${prefix}${scope}`)),
    bearer_methods_supported: ['header'],
  };
}
