// Renders the needs of a function (functions/needs.ts) as the statements of its role and its environment variables.
import { Aws } from 'aws-cdk-lib';
import { type Conditions, PolicyStatement } from 'aws-cdk-lib/aws-iam';

import type {
  ArchiveAccess,
  KmsAccess,
  ResourceVariable,
  SettingVariable,
  TableAccess,
} from '#functions/need-row.ts';
import { type Need, NEEDS } from '#functions/needs.ts';

import type { StageConfig } from './config.ts';
import { type DataStack, VAULT_PURPOSE } from './data-stack.ts';
import { logGroupName, SCANNED_LOGS } from './function-logs.ts';
import type { Settings } from './settings.ts';

export type Grantable = {
  readonly data: DataStack;
  readonly config: StageConfig;
  /** Absent outside the API stack: a setting that another stack imports could never change again. */
  readonly settings?: Settings;
};
type Grant = {
  readonly statements: readonly PolicyStatement[];
  readonly environment: Readonly<Record<string, string>>;
};

export function grant(needs: readonly Need[], { data, config, settings }: Grantable): Grant {
  const rows = [...new Set(needs)].map((need) => NEEDS[need]);
  const accesses = rows.flatMap(({ tables = [] }) => tables);
  return {
    statements: [
      ...tableStatements(accesses, data),
      ...rows.flatMap(({ kms = [] }) => kms.map((access) => kmsStatement(access, data))),
      ...rows.flatMap(({ logs }) => (logs ? [logStatement(logs, config)] : [])),
      ...archiveStatements(
        rows.flatMap(({ archive = [] }) => archive),
        data,
      ),
      ...rows.flatMap(({ secret }) => (secret ? [secretStatement(data[secret].secretArn)] : [])),
    ],
    environment: Object.fromEntries([
      ...accesses.map(({ table }) => [`${table.toUpperCase()}_TABLE`, data[table].tableName]),
      ...rows.flatMap(({ env = [] }) => env.map((name) => [name, valueOf(name, { data, config, settings })])),
    ]),
  };
}

const isResource = (name: string): name is ResourceVariable => Object.hasOwn(RESOURCES, name);

function valueOf(name: SettingVariable | ResourceVariable, { data, settings }: Grantable): string {
  if (isResource(name)) return RESOURCES[name](data);
  if (settings) return settings[name];
  throw new Error(`${name} is a setting: only functions of the API stack have it.`);
}

/** Whether a function needs a setting, and so belongs into the API stack. */
export const readsSettings = ({ needs }: { readonly needs: readonly Need[] }): boolean =>
  needs.some((need) => NEEDS[need].env?.some((name) => !isResource(name)));

/** Patterns of objects with a wildcard, of which cdk-nag demands a reason. */
export const archivePrefixes = (needs: readonly Need[]): string[] => [
  ...new Set(
    needs
      .flatMap((need) => NEEDS[need].archive ?? [])
      .flatMap(({ objects }) => objects)
      .filter((pattern) => pattern.endsWith('*')),
  ),
];

const RESOURCES: Readonly<Record<ResourceVariable, (data: DataStack) => string>> = {
  AUDIT_BUCKET: ({ auditBucket }) => auditBucket.bucketName,
  AUDIT_KEY_ARN: ({ auditKey }) => auditKey.keyArn,
  AUDIT_RETENTION: ({ auditRetention }) => JSON.stringify(auditRetention),
  FINGERPRINT_KEY_ARN: ({ fingerprintKey }) => fingerprintKey.keyArn,
  ISSUER_KEY_SECRET_ARN: ({ issuerKeySecret }) => issuerKeySecret.secretArn,
  STAGE_SECRET_ARN: ({ stageSecret }) => stageSecret.secretArn,
  VAULT_KEY_ARN: ({ vaultKey }) => vaultKey.keyArn,
  VAULT_KEY_ARNS: ({ vaultKeys }) => vaultKeys.map(({ keyArn }) => keyArn).join(','),
};

/**
 * One statement for all actions on the same partitions: the inline policies of a role are limited to 10,240 characters.
 * Needs with different attributes stay separate, because merging would widen them.
 */
function tableStatements(accesses: readonly TableAccess[], data: DataStack): PolicyStatement[] {
  const places = Map.groupBy(accesses, ({ table, index, attributes }) =>
    JSON.stringify([table, index, attributes?.toSorted()]),
  );
  return [...places.values()].flatMap((alike) => {
    const rowsOf = Map.groupBy(
      alike.flatMap(({ actions, rows }) => actions.map((action) => ({ action, rows }))),
      ({ action }) => action,
    );
    const actionsOn = Map.groupBy(rowsOf, ([, uses]) =>
      JSON.stringify([...new Set(uses.flatMap(({ rows }) => rows))].toSorted()),
    );
    return [...actionsOn].flatMap(([patterns, actions]) =>
      alike.slice(0, 1).map(({ table, index, attributes }) => {
        const arn = data[table].tableArn;
        return new PolicyStatement({
          actions: actions.map(([action]) => `dynamodb:${action}`),
          resources: [index ? `${arn}/index/${index}` : arn],
          conditions: limits(JSON.parse(patterns) as string[], attributes),
        });
      }),
    );
  });
}

/** `ForAllValues` alone is true for a call without keys or attributes, such as a `Scan`. */
function limits(patterns: readonly string[], attributes: readonly string[] | undefined): Conditions {
  const wanted = {
    ...(patterns[0] !== 'every' && { 'dynamodb:LeadingKeys': patterns }),
    ...(attributes && { 'dynamodb:Attributes': attributes }),
  };
  const names = Object.keys(wanted);
  if (names.length === 0) return {};
  return {
    'ForAllValues:StringLike': wanted,
    Null: Object.fromEntries(names.map((name) => [name, 'false'])),
    // Without it an update could return attributes outside the grant.
    ...(attributes && {
      StringEqualsIfExists: { 'dynamodb:ReturnValues': ['NONE', 'UPDATED_OLD', 'UPDATED_NEW'] },
    }),
  };
}

function kmsStatement({ action, key }: KmsAccess, data: DataStack): PolicyStatement {
  return new PolicyStatement({
    actions: [`kms:${action}`],
    resources: [data[key]].flat().map(({ keyArn }) => keyArn),
    ...((key === 'vaultKey' || key === 'vaultKeys') && {
      conditions: { StringEquals: { 'kms:EncryptionContext:purpose': VAULT_PURPOSE } },
    }),
  });
}

const logStatement = (actions: readonly string[], config: StageConfig) =>
  new PolicyStatement({
    actions: actions.map((action) => `logs:${action}`),
    resources: SCANNED_LOGS.map(
      (part) =>
        `arn:${Aws.PARTITION}:logs:${Aws.REGION}:${Aws.ACCOUNT_ID}:log-group:${logGroupName(config, part)}:*`,
    ),
  });

/** S3 answers `AccessDenied` instead of `NoSuchKey` to a caller who may not list the bucket. */
function archiveStatements(
  accesses: readonly ArchiveAccess[],
  { auditBucket }: DataStack,
): PolicyStatement[] {
  if (accesses.length === 0) return [];
  const list = new PolicyStatement({ actions: ['s3:ListBucket'], resources: [auditBucket.bucketArn] });
  const objects = accesses.map(
    ({ actions, objects: names }) =>
      new PolicyStatement({
        actions: actions.map((action) => `s3:${action}`),
        resources: names.map((name) => auditBucket.arnForObjects(name)),
      }),
  );
  return [list, ...objects];
}

const secretStatement = (arn: string) =>
  new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [arn] });
