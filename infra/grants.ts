// What each `need` of functions/needs.ts means: its IAM statements, and the environment variables that go with them.
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';

import type { Need } from '#functions/needs.ts';

import { type DataStack, EXPIRY_INDEX, NOTICES_INDEX, VAULT_PURPOSE } from './data-stack.ts';
import { onIndex, onRows, onTable, toDropPreviousValues } from './table-statements.ts';

/** Values that differ per environment without the code being able to tell: template parameters. */
export type Settings = {
  readonly publicUrl: string;
  readonly issuers: string;
  readonly providerOrigins: string;
  readonly trustedOrigins: string;
  readonly toolOrigins: string;
  readonly rateLimits: string;
  readonly budgets: string;
  readonly tokenEndpoints: string;
};
export type Grantable = { readonly data: DataStack; readonly settings: Settings };
type Grant = {
  readonly statements: readonly PolicyStatement[];
  readonly environment: Readonly<Record<string, string>>;
};

const forUserApiKeys = { StringEquals: { 'kms:EncryptionContext:purpose': VAULT_PURPOSE } };

const onVaultKeys = (action: string, keys: DataStack['vaultKeys']) =>
  new PolicyStatement({
    actions: [action],
    resources: keys.map(({ keyArn }) => keyArn),
    conditions: forUserApiKeys,
  });

const arnsOf = ({ vaultKey, vaultKeys }: DataStack) => ({
  VAULT_KEY_ARN: vaultKey.keyArn,
  VAULT_KEY_ARNS: vaultKeys.map(({ keyArn }) => keyArn).join(','),
});

export const grants: Readonly<Record<Need, (from: Grantable) => Grant>> = {
  'keys:read': ({ data }) => ({
    statements: [onTable(['Query'], data.vault)],
    environment: { VAULT_TABLE: data.vault.tableName },
  }),
  'keys:put': ({ data }) => ({
    statements: [onTable(['PutItem'], data.vault)],
    environment: { VAULT_TABLE: data.vault.tableName },
  }),
  'keys:delete': ({ data }) => ({
    statements: [onTable(['DeleteItem'], data.vault)],
    environment: { VAULT_TABLE: data.vault.tableName },
  }),
  'keys:seal': ({ data }) => ({
    statements: [
      onVaultKeys('kms:GenerateDataKey', [data.vaultKey]),
      new PolicyStatement({ actions: ['kms:GenerateMac'], resources: [data.fingerprintKey.keyArn] }),
    ],
    environment: {
      VAULT_KEY_ARN: data.vaultKey.keyArn,
      FINGERPRINT_KEY_ARN: data.fingerprintKey.keyArn,
    },
  }),
  'vault:use': ({ data }) => ({
    statements: [onTable(['Query'], data.vault), onVaultKeys('kms:Decrypt', data.vaultKeys)],
    environment: {
      VAULT_TABLE: data.vault.tableName,
      ...arnsOf(data),
    },
  }),
  'vault:rewrap': ({ data }) => ({
    statements: [
      onTable(['Scan', 'PutItem'], data.vault),
      onTable(['GetItem', 'PutItem', 'DeleteItem'], data.control),
      onVaultKeys('kms:ReEncryptFrom', data.vaultKeys),
      onVaultKeys('kms:ReEncryptTo', [data.vaultKey]),
    ],
    environment: {
      VAULT_TABLE: data.vault.tableName,
      CONTROL_TABLE: data.control.tableName,
      ...arnsOf(data),
    },
  }),
  'secret:read': ({ data }) => ({
    statements: [
      new PolicyStatement({
        actions: ['secretsmanager:GetSecretValue'],
        resources: [data.stageSecret.secretArn],
      }),
    ],
    environment: { STAGE_SECRET_ARN: data.stageSecret.secretArn },
  }),
  'idempotency:keep': ({ data }) => ({
    statements: [onRows(['GetItem', 'PutItem'], data.control, 'IDEM#*')],
    environment: { CONTROL_TABLE: data.control.tableName },
  }),
  'renewal:know': ({ settings }) => ({
    statements: [],
    environment: { RENEWAL_ENDPOINTS: settings.tokenEndpoints },
  }),
  'leases:hold': ({ data }) => ({
    statements: [onTable(['UpdateItem'], data.control)],
    environment: { CONTROL_TABLE: data.control.tableName },
  }),
  'tools:find': ({ data }) => ({
    statements: [onTable(['GetItem', 'Query'], data.content)],
    environment: { CONTENT_TABLE: data.content.tableName },
  }),
  'tools:put': ({ data }) => ({
    statements: [onTable(['PutItem'], data.content)],
    environment: { CONTENT_TABLE: data.content.tableName },
  }),
  'tools:delete': ({ data }) => ({
    statements: [onTable(['DeleteItem'], data.content)],
    environment: { CONTENT_TABLE: data.content.tableName },
  }),
  'tools:reach': ({ settings }) => ({
    statements: [],
    environment: { TOOL_ORIGINS: settings.toolOrigins, PUBLIC_URL: settings.publicUrl },
  }),
  'todo:read': ({ data }) => ({
    statements: [onTable(['GetItem', 'Query'], data.content)],
    environment: { CONTENT_TABLE: data.content.tableName },
  }),
  'todo:write': ({ data }) => ({
    statements: [onTable(['PutItem', 'DeleteItem'], data.content)],
    environment: { CONTENT_TABLE: data.content.tableName },
  }),
  'notices:raise': ({ data }) => ({
    statements: [onTable(['UpdateItem'], data.content)],
    environment: { CONTENT_TABLE: data.content.tableName },
  }),
  'notices:read': ({ data }) => ({
    statements: [onIndex(data.content, NOTICES_INDEX)],
    environment: { CONTENT_TABLE: data.content.tableName },
  }),
  'notices:mark': ({ data }) => ({
    statements: [onTable(['UpdateItem'], data.content)],
    environment: { CONTENT_TABLE: data.content.tableName },
  }),
  'expiry:sweep': ({ data }) => ({
    statements: [onIndex(data.vault, EXPIRY_INDEX), toDropPreviousValues(data.vault)],
    environment: { VAULT_TABLE: data.vault.tableName },
  }),
  'account:erase': ({ data }) => ({
    statements: [
      onTable(['Query', 'DeleteItem'], data.content),
      onTable(['GetItem', 'PutItem'], data.control),
      onRows(['Query', 'DeleteItem'], data.control, 'IDEM#*'),
      onRows(['DeleteItem'], data.control, 'LEDGER#*'),
    ],
    environment: { CONTENT_TABLE: data.content.tableName, CONTROL_TABLE: data.control.tableName },
  }),
  'custody:log': ({ data }) => ({
    statements: [onTable(['PutItem'], data.control)],
    environment: { CONTROL_TABLE: data.control.tableName },
  }),
  'custody:compare': ({ data }) => ({
    statements: [onTable(['Query'], data.control), onTable(['Query'], data.audit)],
    environment: { CONTROL_TABLE: data.control.tableName, AUDIT_TABLE: data.audit.tableName },
  }),
  'audit:write': ({ data }) => ({
    statements: [onTable(['PutItem'], data.audit), onRows(['UpdateItem'], data.control, 'REFUSED#*')],
    environment: { AUDIT_TABLE: data.audit.tableName, CONTROL_TABLE: data.control.tableName },
  }),
  'audit:read': ({ data }) => ({
    statements: [onTable(['Query'], data.audit)],
    environment: { AUDIT_TABLE: data.audit.tableName },
  }),
  'providers:call': ({ settings }) => ({
    statements: [],
    environment: {
      PROVIDER_ORIGINS: settings.providerOrigins,
      TRUSTED_ORIGINS: settings.trustedOrigins,
      PUBLIC_URL: settings.publicUrl,
    },
  }),
  'sessions:check': ({ data }) => ({
    statements: [onRows(['BatchGetItem', 'UpdateItem'], data.control, 'SESSION#*')],
    environment: { CONTROL_TABLE: data.control.tableName },
  }),
  'sessions:list': ({ data }) => ({
    statements: [onRows(['Query'], data.control, 'SESSION#*')],
    environment: { CONTROL_TABLE: data.control.tableName },
  }),
  'issuer-keys:read': ({ data }) => ({
    statements: [onRows(['GetItem'], data.control, 'JWKS#*')],
    environment: { CONTROL_TABLE: data.control.tableName },
  }),
  'issuer-keys:save': ({ data }) => ({
    statements: [onRows(['PutItem'], data.control, 'JWKS#*')],
    environment: { CONTROL_TABLE: data.control.tableName },
  }),
  'rates:admit': ({ data, settings }) => ({
    statements: [onTable(['UpdateItem'], data.control), onRows(['GetItem'], data.control, 'LIMITS')],
    environment: { CONTROL_TABLE: data.control.tableName, RATE_LIMITS: settings.rateLimits },
  }),
  'limits:read': ({ data, settings }) => ({
    statements: [onRows(['GetItem'], data.control, 'LIMITS')],
    environment: { CONTROL_TABLE: data.control.tableName, RATE_LIMITS: settings.rateLimits },
  }),
  'limits:write': ({ data, settings }) => ({
    statements: [onRows(['PutItem'], data.control, 'LIMITS')],
    environment: { CONTROL_TABLE: data.control.tableName, RATE_LIMITS: settings.rateLimits },
  }),
  'budgets:reserve': ({ data, settings }) => ({
    statements: [onTable(['PutItem', 'UpdateItem'], data.control)],
    environment: { CONTROL_TABLE: data.control.tableName, BUDGETS: settings.budgets },
  }),
  'budgets:read': ({ data, settings }) => ({
    statements: [onRows(['GetItem'], data.control, 'LEDGER#*')],
    environment: { CONTROL_TABLE: data.control.tableName, BUDGETS: settings.budgets },
  }),
  'preferences:read': ({ data }) => ({
    statements: [onTable(['GetItem'], data.content)],
    environment: { CONTENT_TABLE: data.content.tableName },
  }),
  'preferences:write': ({ data, settings }) => ({
    statements: [onTable(['PutItem'], data.content), onTable(['UpdateItem'], data.control)],
    environment: {
      CONTENT_TABLE: data.content.tableName,
      CONTROL_TABLE: data.control.tableName,
      BUDGETS: settings.budgets,
    },
  }),
  'issuers:know': ({ settings }) => ({
    statements: [],
    environment: {
      ISSUERS: settings.issuers,
      PUBLIC_URL: settings.publicUrl,
      TRUSTED_ORIGINS: settings.trustedOrigins,
    },
  }),
  'usage:history': ({ data }) => ({
    statements: [onTable(['Query'], data.content), onRows(['Query'], data.control, 'REFUSED#*')],
    environment: { CONTENT_TABLE: data.content.tableName, CONTROL_TABLE: data.control.tableName },
  }),
  'usage:project': ({ data }) => ({
    statements: [
      onTable(['PutItem', 'ConditionCheckItem'], data.control),
      onTable(['UpdateItem'], data.content),
    ],
    environment: { CONTROL_TABLE: data.control.tableName, CONTENT_TABLE: data.content.tableName },
  }),
};
