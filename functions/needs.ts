// Permissions that a function may declare: one row a need. infra/grants.ts renders rows as IAM statements and environment variables.
// Each access to a table names the partitions it may touch (`dynamodb:LeadingKeys`; of an index: its own partition key).
import type { NeedRow, Table, TableAccess, TableAction } from './need-row.ts';

const on = (table: Table, actions: readonly TableAction[], ...rows: readonly string[]): TableAccess => ({
  table,
  actions,
  rows,
});
const only = (attributes: string, access: TableAccess): TableAccess => ({
  ...access,
  attributes: ['pk', 'sk', ...attributes.split(' ')],
});

const OWNER = 'U#*';
/** Personal access tokens, by owner. */
const TOKENS = 'TOKENS#*';
/** Registered tools of everybody. */
const SHARED = 'SHARED';
/** Cached responses of all owners, and what invalidates entries of everyone. */
const CACHE_SCOPES = ['PUBLIC', 'GLOBAL'] as const;
/** Values of index partition keys: an owner id, a day. */
const OWNER_ID = '?'.repeat(27);
const DAY = '????-??-??';
/** A fingerprint in base64url. */
const FINGERPRINT = '?'.repeat(43);
const DAY_SHARD = `${DAY}#?`;

const NOTICE = 'noticeOf kind severity subject text next_step url created_at';
const TOOL = 'fmt revision doc';
const PREFERENCES =
  'version default_provider default_models default_policy failover day_micro_usd month_micro_usd updated_at';
const BUDGET = 'revision budgetRevision budget warned:day.microUsd warned:month.microUsd';
const VAULT_KEYS = ['VAULT_KEY_ARN', 'VAULT_KEY_ARNS'] as const;

const rows = {
  'keys:read': {
    doc: 'List the keys of an owner: hints and ciphertext.',
    tables: [on('vault', ['Query'], OWNER)],
  },
  'keys:put': { doc: 'Write a key row.', tables: [on('vault', ['PutItem'], OWNER)] },
  'keys:delete': { doc: 'Delete a key row.', tables: [on('vault', ['DeleteItem'], OWNER)] },
  'keys:seal': {
    doc: 'Seal a new key: a data key of the vault CMK, and a fingerprint. Cannot decrypt.',
    kms: [
      { action: 'GenerateDataKey', key: 'vaultKey' },
      { action: 'GenerateMac', key: 'fingerprintKey' },
    ],
    env: ['VAULT_KEY_ARN', 'FINGERPRINT_KEY_ARN'],
  },
  'vault:use': {
    doc: 'Use a key in a call of its owner. The only need that decrypts.',
    tables: [on('vault', ['Query'], OWNER)],
    kms: [{ action: 'Decrypt', key: 'vaultKeys' }],
    env: VAULT_KEYS,
  },
  'vault:rewrap': {
    doc: 'Move stored keys to the CMK that seals new ones: `ReEncrypt` inside KMS. Cannot decrypt.',
    tables: [
      { table: 'vault', actions: ['Scan'], rows: 'every' },
      on('vault', ['PutItem'], OWNER),
      on('control', ['GetItem', 'PutItem', 'DeleteItem'], 'REWRAP#*'),
    ],
    kms: [
      { action: 'ReEncryptFrom', key: 'vaultKeys' },
      { action: 'ReEncryptTo', key: 'vaultKey' },
    ],
    env: VAULT_KEYS,
  },
  'expiry:sweep': {
    doc: 'Find keys by the day they expire, and remove expired previous values from their rows. Reads no ciphertext.',
    tables: [
      { ...on('vault', ['Query'], DAY), index: 'expiry' },
      only('revision version prev expDay', on('vault', ['UpdateItem'], OWNER)),
    ],
  },
  'exposure:find': {
    doc: 'Find stored keys by the fingerprint of a text. Cannot decrypt.',
    tables: [{ ...on('vault', ['Query'], FINGERPRINT), index: 'leaks' }],
    kms: [{ action: 'GenerateMac', key: 'fingerprintKey' }],
    env: ['FINGERPRINT_KEY_ARN'],
  },
  'logs:unmask': {
    doc: 'Read log events without masking: a masked text has no fingerprint.',
    logs: ['FilterLogEvents', 'Unmask'],
  },
  'leak-reports:verify': {
    doc: 'Verify reports of leaks: the address of the published keys of the reporter.',
    env: ['LEAK_REPORT_KEYS_URL', 'TRUSTED_ORIGINS', 'PUBLIC_URL'],
  },
  'idempotency:use': {
    doc: 'Idempotent requests: their records, and the stage secret that keys their names and seals their responses.',
    tables: [on('control', ['GetItem', 'PutItem'], 'IDEM#*')],
    secret: 'stageSecret',
    env: ['STAGE_SECRET_ARN'],
  },
  'cache:use': {
    doc: 'Cached responses, their computations in progress, and the stage secret that keys their names and seals them.',
    tables: [
      on('cache', ['BatchGetItem'], OWNER, ...CACHE_SCOPES),
      on('cache', ['PutItem', 'UpdateItem', 'DeleteItem'], OWNER, 'PUBLIC'),
    ],
    secret: 'stageSecret',
    env: ['STAGE_SECRET_ARN'],
  },
  'cache:invalidate': {
    doc: 'Invalidate cached responses of an owner by tag.',
    tables: [on('cache', ['UpdateItem'], OWNER)],
  },
  'cache:invalidate-all': {
    doc: 'Invalidate cached responses of everyone by tag.',
    tables: [on('cache', ['UpdateItem'], OWNER, ...CACHE_SCOPES)],
  },
  'leases:acquire': {
    doc: 'Exclusive work, such as renewing credentials.',
    tables: [on('control', ['UpdateItem'], 'LEASE#*')],
  },
  'breakers:use': {
    doc: 'Read circuit breakers of upstreams, and record failures and recoveries.',
    tables: [on('control', ['Query', 'PutItem'], 'CIRCUIT#*')],
  },
  'renewal-endpoints:read': { doc: 'Token endpoints that renew credentials.', env: ['RENEWAL_ENDPOINTS'] },
  'tools:find': {
    doc: 'Read registered tools, own and shared.',
    tables: [on('content', ['GetItem', 'Query'], OWNER, SHARED)],
  },
  'tools:put': {
    doc: 'Register, review or quarantine a tool.',
    tables: [only(TOOL, on('content', ['PutItem'], OWNER, SHARED))],
  },
  'tools:delete': {
    doc: 'Delete a registered tool.',
    tables: [on('content', ['DeleteItem'], OWNER, SHARED)],
  },
  'tools:reach': {
    doc: 'Call registered tools: origins that are allowed, and our own, which is not.',
    env: ['TOOL_ORIGINS', 'PUBLIC_URL'],
  },
  'todo:read': { doc: 'Read todos.', tables: [on('content', ['GetItem', 'Query'], OWNER)] },
  'todo:write': { doc: 'Write and delete todos.', tables: [on('content', ['PutItem', 'DeleteItem'], OWNER)] },
  'notices:raise': {
    doc: 'Raise a notice for an owner.',
    tables: [only(NOTICE, on('content', ['UpdateItem'], OWNER))],
  },
  'notices:read': {
    doc: 'List notices, from their index alone.',
    tables: [{ ...on('content', ['Query'], OWNER_ID), index: 'notices' }],
  },
  'notices:mark': {
    doc: 'Mark a notice as read.',
    tables: [only('read_at', on('content', ['UpdateItem'], OWNER))],
  },
  'preferences:read': { doc: 'Read preferences.', tables: [on('content', ['GetItem'], OWNER)] },
  'preferences:write': {
    doc: 'Write preferences, and the budget of the owner into the ledger, below that of the stage.',
    tables: [
      only(PREFERENCES, on('content', ['PutItem'], OWNER)),
      only(BUDGET, on('control', ['UpdateItem'], 'LEDGER#*')),
    ],
    env: ['BUDGETS'],
  },
  'account:erase': {
    doc: 'Erase an owner: content, cached responses, idempotency records, personal access tokens, ledger; and the mark that erasure was requested.',
    tables: [
      on('content', ['Query', 'DeleteItem'], OWNER),
      on('cache', ['Query', 'DeleteItem'], OWNER),
      on('control', ['GetItem', 'PutItem'], 'ERASED#*'),
      on('control', ['Query', 'DeleteItem'], 'IDEM#*', TOKENS),
      on('control', ['DeleteItem'], 'LEDGER#*'),
    ],
  },
  'sessions:check': {
    doc: 'Check that a session was not ended, and note its newest token, last use and roles. Cannot end one.',
    tables: [
      on('control', ['BatchGetItem'], 'SESSION#*', 'REVOKED#*'),
      only(
        'client since issuedAt expiresAt usedAt roles rolesAt ttl',
        on('control', ['UpdateItem'], 'SESSION#*'),
      ),
    ],
  },
  'personal-tokens:resolve': {
    doc: 'Read one personal access token by its text, and the stage secret that keys their hashes.',
    tables: [on('control', ['GetItem'], TOKENS)],
    secret: 'stageSecret',
    env: ['STAGE_SECRET_ARN'],
  },
  'personal-tokens:create': {
    doc: 'Create a personal access token for the caller, unless there are too many.',
    tables: [on('control', ['Query', 'PutItem'], TOKENS)],
    secret: 'stageSecret',
    env: ['STAGE_SECRET_ARN'],
  },
  'personal-tokens:list': { doc: 'List personal access tokens.', tables: [on('control', ['Query'], TOKENS)] },
  'personal-tokens:revoke': {
    doc: 'Revoke a personal access token: a mark on it, and the end of its session.',
    tables: [
      only('revokedAt ttl', on('control', ['UpdateItem'], TOKENS)),
      only('revokedAt ttl', on('control', ['UpdateItem'], 'REVOKED#*')),
    ],
  },
  'sessions:list': { doc: 'List sessions.', tables: [on('control', ['Query'], 'SESSION#*')] },
  'sessions:end': {
    doc: 'End one session, or all of an owner.',
    tables: [
      on('control', ['UpdateItem'], 'REVOKED#*'),
      only('revokedAt ttl', on('control', ['UpdateItem'], 'SESSION#*')),
    ],
  },
  'rates:admit': {
    doc: 'Count a call against rate limits, and note the pacing of providers beside them.',
    tables: [on('control', ['UpdateItem'], 'RATE#*'), on('control', ['GetItem'], 'LIMITS')],
    env: ['RATE_LIMITS'],
  },
  'limits:read': {
    doc: 'Read the limits in force.',
    tables: [on('control', ['GetItem'], 'LIMITS')],
    env: ['RATE_LIMITS'],
  },
  'limits:write': {
    doc: 'Set the limits.',
    tables: [on('control', ['PutItem'], 'LIMITS')],
    env: ['RATE_LIMITS'],
  },
  'budgets:reserve': {
    doc: 'Reserve and settle the cost of a call.',
    tables: [on('control', ['PutItem', 'UpdateItem'], 'LEDGER#*')],
    env: ['BUDGETS'],
  },
  'budgets:read': {
    doc: 'Read the usage of an owner.',
    tables: [on('control', ['GetItem'], 'LEDGER#*')],
    env: ['BUDGETS'],
  },
  'usage:project': {
    doc: 'Count events in the usage counters, once, unless their owner was erased.',
    tables: [
      on('control', ['ConditionCheckItem'], 'ERASED#*'),
      only('*:*', on('content', ['UpdateItem'], OWNER)),
    ],
  },
  'usage:history': {
    doc: 'Read usage counters, and those of rejected calls.',
    tables: [on('content', ['Query'], OWNER), on('control', ['Query'], 'REFUSED#*')],
  },
  'audit:write': {
    doc: 'Append audit records, and count rejections.',
    tables: [on('audit', ['PutItem'], OWNER), only('n ttl', on('control', ['UpdateItem'], 'REFUSED#*'))],
  },
  'audit:read': { doc: 'Read audit records.', tables: [on('audit', ['Query'], OWNER)] },
  'reports:read': { doc: 'Read daily reports.', tables: [on('content', ['GetItem', 'Query'], 'REPORTS')] },
  'reports:write': {
    doc: 'Write daily reports, from the feedback of the day and the report of the day before.',
    tables: [on('content', ['GetItem', 'PutItem'], 'REPORTS'), on('content', ['Query'], 'FEEDBACK#*')],
  },
  'feedback:give': {
    doc: 'Store an answer without its owner, and that the owner answered on a day.',
    tables: [
      only('confidence text', on('content', ['PutItem'], 'FEEDBACK#*')),
      only('answered', on('content', ['PutItem'], OWNER)),
    ],
  },
  'audit:read-all': {
    doc: 'Read audit records of all owners by day, from their index alone.',
    tables: [{ ...on('audit', ['Query'], DAY_SHARD), index: 'days' }],
  },
  'audit:seal': {
    doc: 'Seal new audit records: read them from their index, sign a checkpoint, and write both into the archive, once.',
    tables: [{ ...on('audit', ['Query'], DAY_SHARD), index: 'days' }, on('control', ['PutItem'], 'SEALER')],
    kms: [
      { action: 'Sign', key: 'auditKey' },
      { action: 'GetPublicKey', key: 'auditKey' },
    ],
    archive: [
      { actions: ['GetObject', 'PutObject', 'PutObjectRetention'], objects: ['log/*'] },
      { actions: ['GetObject', 'PutObject'], objects: ['sealer/state.json'] },
    ],
    env: ['AUDIT_BUCKET', 'AUDIT_KEY_ARN', 'AUDIT_RETENTION'],
  },
  'audit:export': {
    doc: 'Write exports of sealed records, and let the exported rows expire. Cannot change anything else in a row.',
    tables: [
      only('eventId rec', on('audit', ['BatchGetItem'], OWNER)),
      only('ttl logPlace', on('audit', ['UpdateItem'], OWNER)),
      on('control', ['Query'], 'HOLD'),
      on('control', ['PutItem'], 'SEALER'),
      on('control', ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem'], 'ONCE#*'),
    ],
    kms: [{ action: 'GetPublicKey', key: 'auditKey' }],
    archive: [
      { actions: ['GetObject'], objects: ['log/*'] },
      { actions: ['GetObject', 'PutObject', 'PutObjectRetention'], objects: ['exports/*'] },
      { actions: ['GetObject', 'PutObject'], objects: ['sealer/export.json'] },
    ],
    env: ['AUDIT_BUCKET', 'AUDIT_KEY_ARN', 'AUDIT_RETENTION'],
  },
  'audit:status': { doc: 'Read the status of the audit log.', tables: [on('control', ['Query'], 'SEALER')] },
  'audit:check-expiry': {
    doc: 'Compare a row that was set to expire with the archive.',
    tables: [on('audit', ['GetItem'], OWNER)],
    archive: [{ actions: ['GetObject'], objects: ['log/*'] }],
    env: ['AUDIT_BUCKET', 'AUDIT_RETENTION'],
  },
  'decrypt-log:write': {
    doc: 'Store Decrypt events of KMS.',
    tables: [on('control', ['PutItem'], 'KMS#*')],
  },
  'decrypt-reconciliation:read': {
    doc: 'Compare stored Decrypt events with receipts.',
    tables: [on('control', ['Query'], 'KMS#*'), on('audit', ['Query'], OWNER)],
  },
  'providers:call': {
    doc: 'Call AI providers: their origins and the trusted origins.',
    env: ['PROVIDER_ORIGINS', 'TRUSTED_ORIGINS', 'PUBLIC_URL'],
  },
  'public-url:read': { doc: 'The address of the stage, to name it in an answer.', env: ['PUBLIC_URL'] },
  'issuers:read': {
    doc: 'Verify tokens, or describe the issuers of them.',
    env: ['ISSUERS', 'PUBLIC_URL', 'TRUSTED_ORIGINS'],
  },
  'sign-in:relay': {
    doc: 'Relay the sign-in of clients at an issuer that registers none.',
    env: ['ISSUERS', 'PUBLIC_URL', 'REDIRECT_URIS', 'TRUSTED_ORIGINS'],
  },
  'issuer-keys:read': {
    doc: 'Read saved signing keys while an issuer is down, and the secret that seals them.',
    tables: [on('control', ['GetItem'], 'JWKS#*')],
    secret: 'issuerKeySecret',
    env: ['ISSUER_KEY_SECRET_ARN'],
  },
  'issuer-keys:save': {
    doc: 'Save the signing keys of issuers, sealed.',
    tables: [on('control', ['PutItem'], 'JWKS#*')],
    secret: 'issuerKeySecret',
    env: ['ISSUER_KEY_SECRET_ARN'],
  },
} as const satisfies Readonly<Record<string, NeedRow>>;

export type Need = keyof typeof rows;
export const NEEDS: Readonly<Record<Need, NeedRow>> = rows;
