// Functions without a caller: the authorizer and consumers of bus events. Declared like routes, for the same golden table.
import type { Need } from './needs.ts';
import { CONTAIN_LEAKS } from './routes.ts';

export type EventFunction = {
  readonly name: string;
  readonly needs: readonly Need[];
  /** EventBridge pattern on the audit bus. Absent: not a consumer. */
  readonly pattern?: {
    readonly source: readonly string[];
    /** Type of change to the audit record. TTL removals never reach the bus. */
    readonly detail: {
      readonly change: readonly ('INSERT' | 'MODIFY' | 'REMOVE')[];
      /** Only records of these actions. Each event costs money on its way: a consumer of every new record reads the stream. */
      readonly act?: readonly string[];
    };
  };
  /** Consumes every new row of the audit table in batches, from the table's stream, which costs nothing but its invocations. */
  readonly auditStream?: true;
  /**
   * KMS calls with the vault's CMKs, by any principal, that CloudTrail reports to this function. They arrive on the
   * account's default bus, minutes later, and perhaps twice.
   */
  readonly vaultKeyCalls?: readonly string[];
  /** Receives every line of the log groups of all functions but its own. */
  readonly logs?: true;
  /** Runs by the clock, in UTC, instead. */
  readonly schedule?: `rate(${string})` | `cron(${string})`;
  /** Default 30. */
  readonly timeoutSeconds?: number;
};

/**
 * Records the rejections that it makes, so it may append to the audit table; reads saved keys of an issuer that is down, and personal
 * access tokens.
 */
export const authorizer = {
  name: 'authorizer',
  needs: ['issuers:read', 'issuer-keys:read', 'personal-tokens:resolve', 'audit:write'],
} as const satisfies EventFunction;

export const eventFunctions = [
  {
    name: 'on-audit-recorded',
    needs: ['usage:project'],
    auditStream: true,
    timeoutSeconds: 60,
  },
  {
    name: 'on-audit-tampered',
    needs: ['audit:check-expiry', 'notices:raise', 'audit:write'],
    pattern: { source: ['portunus.audit'], detail: { change: ['MODIFY', 'REMOVE'] } },
  },
  {
    name: 'on-expiry-sweep',
    needs: ['expiry:sweep', 'notices:raise', 'audit:write'],
    schedule: 'cron(15 5 * * ? *)',
    timeoutSeconds: 300,
  },
  {
    name: 'on-issuer-keys',
    needs: ['issuers:read', 'issuer-keys:save'],
    schedule: 'rate(15 minutes)',
  },
  {
    name: 'on-daily-report',
    needs: ['reports:write', 'audit:read-all', 'audit:write'],
    schedule: 'cron(0 6 * * ? *)', // of the day before
    timeoutSeconds: 900,
  },
  { name: 'on-key-opened', needs: ['decrypt-log:write'], vaultKeyCalls: ['Decrypt'] },
  {
    name: 'on-audit-seal',
    needs: ['audit:seal', 'leases:acquire', 'audit:write'],
    schedule: 'rate(1 minute)',
    timeoutSeconds: 50,
  },
  {
    name: 'on-audit-export',
    needs: ['audit:export', 'notices:raise', 'audit:write'],
    schedule: 'cron(10 * * * ? *)',
    timeoutSeconds: 600,
  },
  {
    name: 'on-decrypt-reconciliation',
    needs: ['decrypt-reconciliation:read', 'notices:raise', 'audit:write'],
    schedule: 'cron(45 2 * * ? *)', // of the day before: CloudTrail may be late by a quarter of an hour and more
    timeoutSeconds: 300,
  },
  {
    name: 'on-log-lines',
    needs: [...CONTAIN_LEAKS, 'logs:unmask'],
    logs: true,
    timeoutSeconds: 60,
  },
  // Invoked by an operator: `npm run vault -- rewrap`.
  { name: 'on-rewrap', needs: ['vault:rewrap', 'audit:write'], timeoutSeconds: 60 },
] as const satisfies readonly EventFunction[];
