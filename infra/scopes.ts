// What an issuer of ours may put into a token. `shared/auth/scopes.ts` says what each allows; a test holds the two equal.
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

/** Cognito hands out `portunus/keys:read`; the product cuts the prefix. */
export const RESOURCE_SERVER = 'portunus';

/** What an MCP client should ask for when it is told to sign in: all that a tool may ask for, and nothing else. */
export const MCP_SCOPES = [
  'tools:read',
  'tools:call',
  'todo:read',
  'todo:write',
  'ai:use',
  'keys:read',
  'usage:read',
] as const;
