import { SCOPES } from '#shared/auth/scopes.ts';
import { env } from '#shared/core/env.ts';

import { issuers } from './issuers.ts';

/** Nobody signs in to a client for these: an operator asks for them by name. */
const UNADVERTISED = new Set(['ops:write', 'admin:write']);

/** Needs `issuers:know`. RFC 9728 metadata of the MCP endpoint; scopes as the issuers spell them. */
export function protectedResource() {
  const scopes = SCOPES.filter((scope) => !UNADVERTISED.has(scope));
  const prefixes = new Set(issuers().map(({ scopePrefix = '' }) => scopePrefix));
  return {
    resource: `${env('PUBLIC_URL')}/mcp`,
    resource_name: 'Portunus',
    authorization_servers: issuers().map(({ issuer }) => issuer),
    scopes_supported: [...prefixes].flatMap((prefix) => scopes.map((scope) => `${prefix}${scope}`)),
    bearer_methods_supported: ['header'],
  };
}
