import { describe, expect, it } from 'vitest';

import { MCP_SCOPES } from '#infra/scopes.ts';
import { TOOLS } from '#shared/tools/registry.ts';
import { ROLES as LOCAL_ROLES, scopesForRoles } from '#local/issuer/demo-users.ts';
import { routes } from '#functions/routes.ts';
import { type Principal, requireScope } from '#shared/auth/principal.ts';
import { type Role, ROLES, type Scope, SCOPES, SCOPES_OF } from '#shared/auth/scopes.ts';
import { deriveOwnerId } from '#shared/auth/owner-id.ts';

const holding = (roles: readonly Role[], scopes: readonly Scope[] = SCOPES): Principal => ({
  ownerId: deriveOwnerId('i', 's'),
  issuer: 'i',
  subject: 's',
  scopes,
  roles,
  sessionId: 's',
  expiresAt: 1,
  issuedAt: 1,
  signedInAt: 1,
});
const codeOf = (principal: Principal, scope: Scope) => {
  try {
    requireScope(principal, scope);
    return 'allowed';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('roles and scopes', () => {
  it('allow exactly this', () => {
    const table = ROLES.map((role) => [
      role,
      SCOPES.filter((scope) => SCOPES_OF[role].includes(scope)).join(' '),
    ]);
    expect(Object.fromEntries(table)).toMatchInlineSnapshot(`
      {
        "admin": "keys:read keys:write tools:read tools:call tools:write todo:read todo:write ai:use usage:read account:write audit:read ops:write admin:write",
        "auditor": "usage:read account:write audit:read",
        "operator": "usage:read account:write audit:read ops:write",
        "user": "keys:read keys:write tools:read tools:call tools:write todo:read todo:write ai:use usage:read account:write audit:read",
      }
    `);
  });

  it.each(ROLES.flatMap((role) => SCOPES.map((scope) => [role, scope] as const)))(
    'of %s and %s agree with the table, and with the scope missing nothing is allowed',
    (role, scope) => {
      expect(codeOf(holding([role]), scope)).toBe(SCOPES_OF[role].includes(scope) ? 'allowed' : 'forbidden');
      const others = SCOPES.filter((other) => other !== scope);
      expect(codeOf(holding([role], others), scope)).toBe('insufficient_scope');
    },
  );

  it('grant nothing without a role, and the union of several roles', () => {
    for (const scope of SCOPES) {
      expect(codeOf(holding([]), scope)).toBe('forbidden');
      const both = [...SCOPES_OF.user, ...SCOPES_OF.operator].includes(scope);
      expect(codeOf(holding(['user', 'operator']), scope)).toBe(both ? 'allowed' : 'forbidden');
    }
  });

  it('let an auditor who is an admin too read, and change nothing', () => {
    for (const scope of SCOPES) {
      const reads = scope.endsWith(':read');
      expect(codeOf(holding(['auditor', 'admin']), scope)).toBe(reads ? 'allowed' : 'forbidden');
    }
  });

  it('are what the local issuer hands out, role by role', () => {
    expect([...LOCAL_ROLES].toSorted()).toEqual([...ROLES].toSorted());
    for (const role of ROLES)
      expect(scopesForRoles([role]).toSorted()).toEqual([...SCOPES_OF[role]].toSorted());
  });

  it('guard every route that is not public, each with a scope somebody holds', () => {
    for (const row of routes) {
      if (row.kind === 'public') continue;
      expect(ROLES.some((role) => (SCOPES_OF[role] as readonly string[]).includes(row.scope))).toBe(true);
    }
  });
});

it('the scopes advertised to MCP clients are exactly those of the tools', () => {
  const wanted = new Set(['tools:read', 'tools:call', ...TOOLS.flatMap(({ scope }) => scope ?? [])]);
  expect(new Set<string>(MCP_SCOPES)).toEqual(wanted);
});
