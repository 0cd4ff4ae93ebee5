// The demo users of the local issuer. They have no passwords: the login page is reachable from this machine only.

const ROLE_SCOPES = {
  user: [
    'keys:read',
    'keys:write',
    'tools:read',
    'tools:call',
    'tools:write',
    'todo:read',
    'todo:write',
    'ai:use',
    'usage:read',
    'account:write',
    'audit:read',
  ],
  auditor: ['audit:read', 'usage:read', 'account:write'],
  operator: ['usage:read', 'audit:read', 'account:write', 'ops:write'],
  admin: [
    'keys:read',
    'keys:write',
    'tools:read',
    'tools:call',
    'tools:write',
    'todo:read',
    'todo:write',
    'ai:use',
    'usage:read',
    'account:write',
    'audit:read',
    'ops:write',
    'admin:write',
  ],
} as const satisfies Record<string, readonly string[]>;

export type Role = keyof typeof ROLE_SCOPES;
export const ROLES = Object.keys(ROLE_SCOPES) as readonly Role[];

export type DemoUser = { readonly sub: string; readonly role: Role };

export const DEMO_USERS: readonly DemoUser[] = [
  { sub: 'alice', role: 'user' },
  { sub: 'bob', role: 'user' },
  { sub: 'carol', role: 'auditor' },
  { sub: 'dave', role: 'operator' },
  { sub: 'erin', role: 'admin' },
];

export const ALL_SCOPES: readonly string[] = [...new Set(Object.values(ROLE_SCOPES).flat())];

/** All scopes of these roles. An unknown role has none. */
export const scopesForRoles = (roles: readonly string[]): string[] =>
  ALL_SCOPES.filter((scope) =>
    ROLES.some((role) => roles.includes(role) && scopesForRole(role).includes(scope)),
  );

const scopesForRole = (role: Role): readonly string[] => ROLE_SCOPES[role];
