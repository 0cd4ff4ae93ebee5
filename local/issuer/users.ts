// The demo users of the local issuer. No passwords: whoever can open the login page owns the machine.

const SCOPES_OF = {
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

export type Role = keyof typeof SCOPES_OF;
export const ROLES = Object.keys(SCOPES_OF) as readonly Role[];

export type DemoUser = { readonly sub: string; readonly role: Role };

export const DEMO_USERS: readonly DemoUser[] = [
  { sub: 'alice', role: 'user' },
  { sub: 'bob', role: 'user' },
  { sub: 'carol', role: 'auditor' },
  { sub: 'dave', role: 'operator' },
  { sub: 'erin', role: 'admin' },
];

export const ALL_SCOPES: readonly string[] = [...new Set(Object.values(SCOPES_OF).flat())];

/** All scopes of these roles. A role nobody knows brings none. */
export const scopesOf = (roles: readonly string[]): string[] =>
  ALL_SCOPES.filter((scope) =>
    ROLES.some((role) => roles.includes(role) && scopesOfRole(role).includes(scope)),
  );

const scopesOfRole = (role: Role): readonly string[] => SCOPES_OF[role];
