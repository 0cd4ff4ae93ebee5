// Scopes that the built-in issuer can grant. `shared/auth/scopes.ts` defines their meaning; a test keeps the two equal.
export const SCOPES: Readonly<Record<string, string>> = {
  'keys:read': 'See which provider keys are stored',
  'keys:write': 'Store and remove provider keys',
  'tools:read': 'See the tools',
  'tools:call': 'Call tools',
  'tools:write': 'Register tools',
  'todo:read': 'Read to-dos',
  'todo:write': 'Change to-dos',
  'ai:use': 'Use the stored provider keys for AI calls',
  'usage:read': 'See usage and limits',
  'account:write': 'Change the account',
  'audit:read': 'Read audit records',
  'ops:write': 'Operate the service',
  'admin:write': 'Administer the service',
};

export const ROLES = ['user', 'auditor', 'operator', 'admin'] as const;

/** Cognito issues `portunus/keys:read`; the product removes the prefix. */
export const RESOURCE_SERVER = 'portunus';

/** Scopes requested by an MCP client at sign-in: those that tools may require, and no others. */
export const MCP_SCOPES = [
  'tools:read',
  'tools:call',
  'todo:read',
  'todo:write',
  'ai:use',
  'keys:read',
  'usage:read',
] as const;
