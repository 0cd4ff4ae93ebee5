// Form of one need: accesses to tables, uses of CMKs, a secret, and environment variables.
export type Table = 'vault' | 'content' | 'control' | 'cache' | 'audit';
export type TableAction =
  | 'GetItem'
  | 'BatchGetItem'
  | 'Query'
  | 'Scan'
  | 'PutItem'
  | 'UpdateItem'
  | 'DeleteItem'
  | 'ConditionCheckItem';

export type TableAccess = {
  readonly table: Table;
  readonly index?: 'expiry' | 'leaks' | 'notices' | 'days';
  readonly actions: readonly TableAction[];
  /** Patterns of partition key values. `every` for `Scan` alone, which names no partition. */
  readonly rows: readonly string[] | 'every';
  /** Names of all attributes that the call may read, write or test, keys included. An update then returns no other ones either. */
  readonly attributes?: readonly string[];
};

export type KmsAccess = {
  readonly action:
    | 'GenerateDataKey'
    | 'Decrypt'
    | 'ReEncryptFrom'
    | 'ReEncryptTo'
    | 'GenerateMac'
    | 'GetPublicKey'
    | 'Sign';
  /** `vaultKey` seals new keys; stored ones may be sealed under any of `vaultKeys`. */
  readonly key: 'vaultKey' | 'vaultKeys' | 'fingerprintKey' | 'auditKey';
};

/** Access to the bucket of the audit log. `list` names no objects. */
export type ArchiveAccess = {
  readonly actions: readonly ('GetObject' | 'PutObject' | 'PutObjectRetention' | 'PutObjectLegalHold')[];
  /** Patterns of object names. */
  readonly objects: readonly string[];
};

export type SettingVariable =
  | 'BUDGETS'
  | 'ISSUERS'
  | 'LEAK_REPORT_KEYS_URL'
  | 'PROVIDER_ORIGINS'
  | 'PUBLIC_URL'
  | 'RATE_LIMITS'
  | 'REDIRECT_URIS'
  | 'RENEWAL_ENDPOINTS'
  | 'TOOL_ORIGINS'
  | 'TRUSTED_ORIGINS';
export type ResourceVariable =
  | 'AUDIT_BUCKET'
  | 'AUDIT_KEY_ARN'
  | 'AUDIT_RETENTION'
  | 'FINGERPRINT_KEY_ARN'
  | 'ISSUER_KEY_SECRET_ARN'
  | 'STAGE_SECRET_ARN'
  | 'VAULT_KEY_ARN'
  | 'VAULT_KEY_ARNS';

export type NeedRow = {
  readonly doc: string;
  /** A table that is accessed is also named to the function: `CONTROL_TABLE` and so on. */
  readonly tables?: readonly TableAccess[];
  readonly kms?: readonly KmsAccess[];
  readonly secret?: 'stageSecret' | 'issuerKeySecret';
  /** Actions on the log groups of all functions. */
  readonly logs?: readonly ('FilterLogEvents' | 'Unmask')[];
  /** Objects of the audit bucket. A function with one of them may list all names, so that a missing object is no error. */
  readonly archive?: readonly ArchiveAccess[];
  readonly env?: readonly (SettingVariable | ResourceVariable)[];
};
