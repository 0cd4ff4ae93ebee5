// What each `need` of functions/needs.ts means: its IAM statements, and the environment variables that go with them.
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';

import type { Need } from '#functions/needs.ts';

import { type DataStack, VAULT_PURPOSE } from './data-stack.ts';

/** Values that differ per environment without the code being able to tell: template parameters. */
export type Settings = {
  readonly publicUrl: string;
  readonly issuers: string;
  readonly providerOrigins: string;
  readonly trustedOrigins: string;
  readonly tokenEndpoints: string;
};
export type Grantable = { readonly data: DataStack; readonly settings: Settings };
type Grant = {
  readonly statements: readonly PolicyStatement[];
  readonly environment: Readonly<Record<string, string>>;
};

const forUserApiKeys = { StringEquals: { 'kms:EncryptionContext:purpose': VAULT_PURPOSE } };

const onTable = (actions: readonly string[], table: { tableArn: string }) =>
  new PolicyStatement({
    actions: actions.map((action) => `dynamodb:${action}`),
    resources: [table.tableArn],
  });

const onVaultKey = (action: string, { vaultKey }: DataStack) =>
  new PolicyStatement({ actions: [action], resources: [vaultKey.keyArn], conditions: forUserApiKeys });

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
      onVaultKey('kms:GenerateDataKey', data),
      new PolicyStatement({ actions: ['kms:GenerateMac'], resources: [data.fingerprintKey.keyArn] }),
    ],
    environment: {
      VAULT_KEY_ARN: data.vaultKey.keyArn,
      FINGERPRINT_KEY_ARN: data.fingerprintKey.keyArn,
    },
  }),
  'vault:use': ({ data }) => ({
    statements: [onTable(['Query'], data.vault), onVaultKey('kms:Decrypt', data)],
    environment: { VAULT_TABLE: data.vault.tableName, VAULT_KEY_ARN: data.vaultKey.keyArn },
  }),
  'renewal:know': ({ settings }) => ({
    statements: [],
    environment: { RENEWAL_ENDPOINTS: settings.tokenEndpoints },
  }),
  'leases:hold': ({ data }) => ({
    statements: [onTable(['UpdateItem'], data.control)],
    environment: { CONTROL_TABLE: data.control.tableName },
  }),
  'todo:read': ({ data }) => ({
    statements: [onTable(['GetItem', 'Query'], data.content)],
    environment: { CONTENT_TABLE: data.content.tableName },
  }),
  'todo:write': ({ data }) => ({
    statements: [onTable(['PutItem', 'UpdateItem'], data.content)],
    environment: { CONTENT_TABLE: data.content.tableName },
  }),
  'notices:raise': ({ data }) => ({
    statements: [onTable(['UpdateItem'], data.content)],
    environment: { CONTENT_TABLE: data.content.tableName },
  }),
  'audit:write': ({ data }) => ({
    statements: [onTable(['PutItem'], data.audit)],
    environment: { AUDIT_TABLE: data.audit.tableName },
  }),
  'audit:read': ({ data }) => ({
    statements: [onTable(['Query'], data.audit)],
    environment: { AUDIT_TABLE: data.audit.tableName },
  }),
  'providers:call': ({ settings }) => ({
    statements: [],
    environment: { PROVIDER_ORIGINS: settings.providerOrigins, TRUSTED_ORIGINS: settings.trustedOrigins },
  }),
  'issuers:know': ({ settings }) => ({
    statements: [],
    environment: {
      ISSUERS: settings.issuers,
      PUBLIC_URL: settings.publicUrl,
      TRUSTED_ORIGINS: settings.trustedOrigins,
    },
  }),
  'usage:project': ({ data }) => ({
    statements: [onTable(['PutItem'], data.control), onTable(['UpdateItem'], data.content)],
    environment: { CONTROL_TABLE: data.control.tableName, CONTENT_TABLE: data.content.tableName },
  }),
};
