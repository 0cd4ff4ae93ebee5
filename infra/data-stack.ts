// Persistent resources: keys, tables, the bus. Replaceable resources are in the other stacks.
import { RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import {
  AttributeType,
  Billing,
  type GlobalSecondaryIndexPropsV2,
  ProjectionType,
  StreamViewType,
  TableEncryptionV2,
  TableV2,
  type TablePropsV2,
} from 'aws-cdk-lib/aws-dynamodb';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';

import { acknowledge } from './acknowledge.ts';
import { auditBucket, auditKey, type AuditRetention, auditRetention } from './audit-archive.ts';
import type { StageConfig } from './config.ts';

/** Part of the encryption context of every key, and of every grant on the vault key. */
export const VAULT_PURPOSE = 'user-api-key';

/** Keys by expiry day. Contains the fields of a warning and no ciphertext. */
const EXPIRY_INDEX = 'expiry';
/** Audit records of all owners by day. */
const DAYS_INDEX = 'days';
/** Keys by fingerprint: the rows' keys alone. */
const LEAKS_INDEX = 'leaks';
/** Notices by owner and time. */
const NOTICES_INDEX = 'notices';

export class DataStack extends Stack {
  /** Wraps the data keys of new provider keys. */
  readonly vaultKey: Key;
  /** CMKs that may wrap stored provider keys: more than one during a re-wrap. */
  readonly vaultKeys: readonly Key[];
  /** Those, and the ones that were in use before. */
  private readonly vaultKeyArns: readonly string[];
  /** MAC key of the fingerprints that detect equal keys without decrypting them. */
  readonly fingerprintKey: Key;
  /** Source of the keys for names and stored responses of idempotent requests. */
  readonly stageSecret: Secret;
  /**
   * Encrypts saved signing keys of issuers. It is separate, because a role that reads the stage secret could otherwise
   * forge them and impersonate any user.
   */
  readonly issuerKeySecret: Secret;
  readonly vault: TableV2;
  readonly content: TableV2;
  readonly control: TableV2;
  /** Disposable: everything in it can be computed again. */
  readonly cache: TableV2;
  readonly audit: TableV2;
  readonly auditBus: EventBus;
  /** Archive of the audit log, under Object Lock. */
  readonly auditBucket: Bucket = auditBucket(this);
  /** Signs the checkpoints of the audit log. */
  readonly auditKey: Key;
  readonly auditRetention: AuditRetention;

  constructor(scope: Construct, id: string, props: StackProps & { config: StageConfig }) {
    super(scope, id, props);
    const { stage, isProtected } = props.config;
    [this.auditKey, this.auditRetention] = [auditKey(this, stage), auditRetention(props.config)];

    const made = createVaultKeys(this, props.config);
    this.vaultKeyArns = made.map(({ keyArn }) => keyArn);
    const [vaultKey, ...more] = props.config.vaultKeys.flatMap((number) => made[number - 1] ?? []);
    if (!vaultKey) throw new Error('A stage has at least one vault key.');
    this.vaultKey = vaultKey;
    this.vaultKeys = [vaultKey, ...more];
    this.fingerprintKey = createFingerprintKey(this, stage);

    this.stageSecret = createSecret(
      this,
      'StageSecret',
      'Portunus: keys for idempotency records are derived from it',
    );
    // A secret instead of a CMK: $0.40 instead of $1 a month, and the same single call at a cold start.
    this.issuerKeySecret = createSecret(
      this,
      'IssuerKeySecret',
      'Portunus: seals saved signing keys of issuers',
    );

    // Backups of keys are kept for a week, so that a deleted key is soon irrecoverable; user content for five.
    this.vault = new TableV2(
      this,
      'Vault',
      table({
        backupDays: 7,
        deletionProtection: isProtected,
        globalSecondaryIndexes: [byExpiryDay, byFingerprint],
      }),
    );
    this.content = new TableV2(
      this,
      'Content',
      table({ backupDays: 35, deletionProtection: isProtected, globalSecondaryIndexes: [byOwnerAndTime] }),
    );
    // Revocations, erasures, limits and tokens: without a backup, a restore of the other tables would readmit an erased account.
    this.control = new TableV2(
      this,
      'Control',
      table({ backupDays: 35, deletionProtection: isProtected, timeToLiveAttribute: 'ttl' }),
    );
    this.cache = new TableV2(this, 'Cache', table({ timeToLiveAttribute: 'ttl' }));
    this.audit = new TableV2(
      this,
      'Audit',
      table({
        backupDays: 35,
        deletionProtection: true,
        timeToLiveAttribute: 'ttl',
        globalSecondaryIndexes: [byDay],
        // Old images show whether a change only set the time to live for the first time.
        dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES,
      }),
    );
    this.auditBus = new EventBus(this, 'AuditBus', {
      eventBusName: `portunus-${stage}-audit`,
      description: 'Facts about audit records, never their content',
    });
    this.pinExports();
  }

  /**
   * Exports whatever other stacks may import, whether one does or not: the last import of a later release could otherwise not
   * be removed, because this stack is deployed first and CloudFormation keeps an export that is still imported.
   */
  private pinExports(): void {
    const tables = [this.vault, this.content, this.control, this.cache, this.audit];
    const values = [
      ...tables.flatMap(({ tableName, tableArn }) => [tableName, tableArn]),
      this.audit.tableStreamArn,
      ...this.vaultKeyArns,
      this.fingerprintKey.keyArn,
      this.stageSecret.secretArn,
      this.issuerKeySecret.secretArn,
      this.auditBus.eventBusArn,
      this.auditBus.eventBusName,
      this.auditBucket.bucketName,
      this.auditBucket.bucketArn,
      this.auditKey.keyArn,
    ];
    for (const value of values) this.exportValue(value);
  }
}

/** Sparse indexes: they contain only rows with the index's attributes. */
const byExpiryDay: GlobalSecondaryIndexPropsV2 = {
  indexName: EXPIRY_INDEX,
  partitionKey: { name: 'expDay', type: AttributeType.STRING },
  projectionType: ProjectionType.INCLUDE,
  nonKeyAttributes: ['expiresAt', 'version', 'last4', 'status', 'kind'],
};
const byFingerprint: GlobalSecondaryIndexPropsV2 = {
  indexName: LEAKS_INDEX,
  partitionKey: { name: 'leakId', type: AttributeType.STRING },
  projectionType: ProjectionType.KEYS_ONLY,
};
const byOwnerAndTime: GlobalSecondaryIndexPropsV2 = {
  indexName: NOTICES_INDEX,
  partitionKey: { name: 'noticeOf', type: AttributeType.STRING },
  sortKey: { name: 'created_at', type: AttributeType.STRING },
};
const byDay: GlobalSecondaryIndexPropsV2 = {
  indexName: DAYS_INDEX,
  partitionKey: { name: 'dayShard', type: AttributeType.STRING },
  sortKey: { name: 'sk', type: AttributeType.STRING },
  projectionType: ProjectionType.INCLUDE,
  nonKeyAttributes: ['rec', 'act', 'category', 'result', 'target'],
};
/** A created key stays in the template. The grants decide which functions may use it. */
const createVaultKeys = (scope: Construct, { stage, vaultKeys }: StageConfig): Key[] =>
  Array.from({ length: Math.max(...vaultKeys) }, (_, n) => createVaultKey(scope, stage, n + 1));

const createFingerprintKey = (scope: Construct, stage: string): Key =>
  new Key(scope, 'FingerprintKey', {
    alias: `alias/portunus-${stage}-fingerprint`,
    description: 'Portunus: fingerprints of stored provider keys',
    keySpec: KeySpec.HMAC_256,
    keyUsage: KeyUsage.GENERATE_VERIFY_MAC,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });

function createVaultKey(scope: Construct, stage: string, number: number): Key {
  const suffix = number === 1 ? '' : String(number);
  const key = new Key(scope, `VaultKey${suffix}`, {
    alias: `alias/portunus-${stage}-vault${suffix && `-${suffix}`}`,
    description: 'Portunus: wraps the data keys of stored provider keys',
    enableKeyRotation: true,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
  key.addToResourcePolicy(onlyForUserApiKeys());
  return key;
}

/**
 * Generated by AWS at deployment. CloudFormation generates a new value if a generation property changes: rows encrypted
 * with the old one become unreadable, which costs a day of stored idempotent responses, or the saved signing keys.
 */
function createSecret(scope: Construct, id: string, description: string): Secret {
  const secret = new Secret(scope, id, {
    description,
    generateSecretString: { passwordLength: 64, excludePunctuation: true },
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
  acknowledge(secret, {
    'AwsSolutions-SMG4': 'No service takes it as a password: it keys rows that live a day at most.',
  });
  return secret;
}

/** Key policy as a second check: a role with too many permissions still cannot use the key for other purposes. */
function onlyForUserApiKeys(): PolicyStatement {
  return new PolicyStatement({
    sid: 'OnlyForUserApiKeys',
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
    resources: ['*'],
    conditions: { StringNotEquals: { 'kms:EncryptionContext:purpose': VAULT_PURPOSE } },
  });
}

/**
 * AWS-owned encryption: secret attributes are encrypted before they are written, and a CMK on a table would force
 * `kms:Decrypt` into every role that reads it.
 */
function table({ backupDays, ...props }: Partial<TablePropsV2> & { backupDays?: number }): TablePropsV2 {
  return {
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    sortKey: { name: 'sk', type: AttributeType.STRING },
    billing: Billing.onDemand(),
    encryption: TableEncryptionV2.dynamoOwnedKey(),
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    ...(backupDays && {
      pointInTimeRecoverySpecification: {
        pointInTimeRecoveryEnabled: true,
        recoveryPeriodInDays: backupDays,
      },
    }),
    ...props,
  };
}
