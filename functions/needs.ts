// What a function may declare it needs. infra/grants.ts turns each into one IAM statement and its environment variable.
export const NEEDS = [
  /** List an owner's keys (hints and ciphertext): `Query` on the vault table. */
  'keys:read',
  /** Write a key row. */
  'keys:put',
  /** Remove a key row. */
  'keys:delete',
  /** Seal a new key: a data key from the vault CMK and a fingerprint from the MAC key. Cannot decrypt. */
  'keys:seal',
  /** Use a key on its owner's call: `Query` on the vault table and `Decrypt` under the vault CMK. */
  'vault:use',
  /** The stage's own secret, from which a key per purpose is derived: `GetSecretValue` on it alone. */
  'secret:read',
  /** Do a request that names a key once: `GetItem` and `PutItem` on the control table. Goes with `secret:read`. */
  'idempotency:keep',
  /** Renew credentials: no permission, but where tokens are refreshed. */
  'renewal:know',
  /** Do what only one may do at a time: `UpdateItem` on the control table. */
  'leases:hold',
  /** Move stored keys to the CMK that new ones are sealed under: `ReEncrypt` inside KMS. Cannot decrypt. */
  'vault:rewrap',
  /** Read registered tools: `GetItem` and `Query` on the content table. */
  'tools:find',
  /** Register, review or quarantine a tool: `PutItem` on the content table. */
  'tools:put',
  'tools:delete',
  /** Call what registered tools stand for: no permission, but the origins it may reach, and our own, which it may not. */
  'tools:reach',
  'todo:read',
  'todo:write',
  /** Tell an owner something: `UpdateItem` on the content table. */
  'notices:raise',
  /** List an owner's notices: `Query` on the content table's index of them, and on nothing else there. */
  'notices:read',
  /** Mark a notice as read: `UpdateItem` on the content table. */
  'notices:mark',
  /**
   * Find keys by the day they expire: `Query` on the vault table's index of expiry days, which holds no ciphertext. And take values
   * that a rotation left behind out of their rows.
   */
  'expiry:sweep',
  /** Forget an owner: their rows of the content table, kept replies and the ledger, and the mark in the control table that it was asked for. */
  'account:erase',
  /** Note what the key service logged of an opening: `PutItem` on the control table. */
  'custody:log',
  /** Compare those notes with their owners' trails: `Query` on the control table and on the audit table. */
  'custody:compare',
  /** Append to the audit table, and count refusals in their rows of the control table: nothing else. */
  'audit:write',
  'audit:read',
  /** Ask whether a session was ended, note a new one, end one: the sessions' rows of the control table, and no others. */
  'sessions:check',
  /** List a person's sessions: `Query` on the same rows. */
  'sessions:list',
  /** Count a call against its caller's rate: `UpdateItem` on the control table, and the limits row read. */
  'rates:admit',
  /** Read the limits in force: `GetItem` of their row of the control table, and no other. */
  'limits:read',
  /** Set the limits: `PutItem` of their row of the control table, and no other. */
  'limits:write',
  /** Reserve and settle what a call may cost: `PutItem`, `UpdateItem` on the control table, and the stage's budgets. */
  'budgets:reserve',
  /** Read what an owner has used: `GetItem` of the ledgers' rows of the control table, and the stage's budgets. */
  'budgets:read',
  /** Read an owner's preferences: `GetItem` on the content table. */
  'preferences:read',
  /** Write them, and the owner's budget into the ledger, below the stage's: `PutItem` on content, `UpdateItem` on control. */
  'preferences:write',
  /** Call AI providers: no permission, but their origins and the stage's trusted origins. */
  'providers:call',
  /** Verify tokens or describe who issues them: issuers, own public URL, trusted origins. */
  'issuers:know',
  /** Read the signing keys that were put by for an issuer's outage: `GetItem` on those rows of the control table. */
  'issuer-keys:read',
  /** Put them by: `PutItem` on the same rows. */
  'issuer-keys:save',
  /** Count an event in the usage projection, once: markers in the control table, counters in content. */
  'usage:project',
  /** Read an owner's usage counters: `Query` on the content table, and on the counted refusals of the control table. */
  'usage:history',
] as const;
export type Need = (typeof NEEDS)[number];
