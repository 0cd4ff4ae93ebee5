// Roles and scopes as data. A call is allowed when its scope is in the token *and* one of the caller's roles grants it.
import * as z from 'zod/mini';

export const SCOPES = [
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
] as const;
export const Scope = z.enum(SCOPES);
export type Scope = z.infer<typeof Scope>;

export const ROLES = ['user', 'auditor', 'operator', 'admin'] as const;
export const Role = z.enum(ROLES);
export type Role = z.infer<typeof Role>;

const own: readonly Scope[] = [
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
];

export const SCOPES_OF: Readonly<Record<Role, readonly Scope[]>> = {
  user: own,
  // Every role may end its own sessions.
  auditor: ['audit:read', 'usage:read', 'account:write'],
  operator: ['usage:read', 'audit:read', 'account:write', 'ops:write'],
  admin: [...own, 'ops:write', 'admin:write'],
};

/** Needs a person who signed in: a program's token can neither create tokens nor change sessions, accounts or limits. */
const SIGNED_IN_ONLY: readonly Scope[] = ['account:write', 'admin:write'];

/** All that a personal access token may have. */
export const PERSONAL_SCOPES: readonly Scope[] = SCOPES.filter((scope) => !SIGNED_IN_ONLY.includes(scope));
