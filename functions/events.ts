// What runs without a caller: the authorizer and the consumers of bus events. Declared as routes are, for the same golden table.
import type { Need } from './needs.ts';

export type EventFunction = {
  readonly name: string;
  readonly needs: readonly Need[];
  /** Default 30. */
  readonly timeoutSeconds?: number;
  /** EventBridge pattern on the audit bus. Absent: not a consumer. */
  readonly pattern?: { readonly source: readonly string[]; readonly 'detail-type'?: readonly string[] };
};

/** Writes the refusals that are born in it, so it may append to the audit table. */
export const authorizer = {
  name: 'authorizer',
  needs: ['issuers:know', 'audit:write'],
} as const satisfies EventFunction;

export const eventFunctions = [
  {
    name: 'on-audit-recorded',
    needs: ['usage:project'],
    pattern: { source: ['portunus.audit'] },
  },
  // Invoked by an operator: `npm run vault -- rewrap`.
  { name: 'on-rewrap', needs: ['vault:rewrap', 'audit:write'], timeoutSeconds: 60 },
] as const satisfies readonly EventFunction[];
