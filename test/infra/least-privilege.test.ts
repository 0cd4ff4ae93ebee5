import { describe, expect, it } from 'vitest';

import { authorizer, eventFunctions } from '#functions/events.ts';
import { routes } from '#functions/routes.ts';

import { roleTable } from './statements.ts';
import { environments, resourcesOf, synthesise } from './synthesised.ts';

const dev = synthesise({ stage: 'dev' });
const local = synthesise({ stage: 'local' });

describe('what each role may do', () => {
  it('is exactly this, besides writing its own log and traces', () => {
    expect(roleTable(dev)).toMatchInlineSnapshot(`
      {
        "accounterase": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:DeleteItem on Content rows U#*",
          "dynamodb:DeleteItem on Control rows IDEM#* LEDGER#*",
          "dynamodb:DeleteItem on Vault rows U#*",
          "dynamodb:GetItem on Control rows ERASED#* IDEM#*",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:PutItem on Control rows ERASED#* IDEM#*",
          "dynamodb:Query on Content rows U#*",
          "dynamodb:Query on Control rows IDEM#*",
          "dynamodb:Query on Vault rows U#*",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows REVOKED#*",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk revokedAt ttl",
          "secretsmanager:GetSecretValue on StageSecret",
        ],
        "adminsessionsrevoke": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:GetItem on Control rows IDEM#*",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:PutItem on Control rows IDEM#*",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows REVOKED#*",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk revokedAt ttl",
          "secretsmanager:GetSecretValue on StageSecret",
        ],
        "auditlogs": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:Query on Audit rows U#*",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
        ],
        "auditpipe": [
          "dynamodb:DescribeStream on Audit stream",
          "dynamodb:GetRecords on Audit stream",
          "dynamodb:GetShardIterator on Audit stream",
          "dynamodb:ListStreams on Audit stream",
          "events:PutEvents on AuditBus",
          "sqs:SendMessage on pipedeadletters",
        ],
        "authorizer": [
          "dynamodb:GetItem on Control rows JWKS#*",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "secretsmanager:GetSecretValue on IssuerKeySecret",
        ],
        "completions": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:GetItem on Content rows U#*",
          "dynamodb:GetItem on Control rows IDEM#* LIMITS",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:PutItem on Control rows IDEM#* LEDGER#*",
          "dynamodb:PutItem on Vault rows U#*",
          "dynamodb:Query on Vault rows U#*",
          "dynamodb:UpdateItem on Content rows U#* attributes pk sk noticeOf kind severity subject text next_step url created_at",
          "dynamodb:UpdateItem on Control rows LEASE#* LEDGER#* RATE#*",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
          "kms:Decrypt on VaultKey if {"StringEquals":{"kms:EncryptionContext:purpose":"user-api-key"}}",
          "kms:GenerateDataKey on VaultKey if {"StringEquals":{"kms:EncryptionContext:purpose":"user-api-key"}}",
          "kms:GenerateMac on FingerprintKey",
          "secretsmanager:GetSecretValue on StageSecret",
        ],
        "embeddings": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:GetItem on Content rows U#*",
          "dynamodb:GetItem on Control rows IDEM#* LIMITS",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:PutItem on Control rows IDEM#* LEDGER#*",
          "dynamodb:PutItem on Vault rows U#*",
          "dynamodb:Query on Vault rows U#*",
          "dynamodb:UpdateItem on Content rows U#* attributes pk sk noticeOf kind severity subject text next_step url created_at",
          "dynamodb:UpdateItem on Control rows LEASE#* LEDGER#* RATE#*",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
          "kms:Decrypt on VaultKey if {"StringEquals":{"kms:EncryptionContext:purpose":"user-api-key"}}",
          "kms:GenerateDataKey on VaultKey if {"StringEquals":{"kms:EncryptionContext:purpose":"user-api-key"}}",
          "kms:GenerateMac on FingerprintKey",
          "secretsmanager:GetSecretValue on StageSecret",
        ],
        "health": [],
        "keysconnect": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:GetItem on Control rows IDEM#*",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:PutItem on Control rows IDEM#*",
          "dynamodb:PutItem on Vault rows U#*",
          "dynamodb:Query on Vault rows U#*",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
          "kms:GenerateDataKey on VaultKey if {"StringEquals":{"kms:EncryptionContext:purpose":"user-api-key"}}",
          "kms:GenerateMac on FingerprintKey",
          "secretsmanager:GetSecretValue on StageSecret",
        ],
        "keysdelete": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:DeleteItem on Vault rows U#*",
          "dynamodb:GetItem on Control rows IDEM#*",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:PutItem on Control rows IDEM#*",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
          "secretsmanager:GetSecretValue on StageSecret",
        ],
        "keysfreeze": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:GetItem on Control rows IDEM#*",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:PutItem on Control rows IDEM#*",
          "dynamodb:PutItem on Vault rows U#*",
          "dynamodb:Query on Vault rows U#*",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
          "secretsmanager:GetSecretValue on StageSecret",
        ],
        "keyslabel": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:GetItem on Control rows IDEM#*",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:PutItem on Control rows IDEM#*",
          "dynamodb:PutItem on Vault rows U#*",
          "dynamodb:Query on Vault rows U#*",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
          "secretsmanager:GetSecretValue on StageSecret",
        ],
        "keyslist": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:Query on Vault rows U#*",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
        ],
        "keysorder": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:GetItem on Control rows IDEM#*",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:PutItem on Control rows IDEM#*",
          "dynamodb:PutItem on Vault rows U#*",
          "dynamodb:Query on Vault rows U#*",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
          "secretsmanager:GetSecretValue on StageSecret",
        ],
        "keysproviders": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:Query on Vault rows U#*",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
        ],
        "keysreceipts": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:Query on Audit rows U#*",
          "dynamodb:Query on Vault rows U#*",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
        ],
        "keysrollback": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:GetItem on Control rows IDEM#*",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:PutItem on Control rows IDEM#*",
          "dynamodb:PutItem on Vault rows U#*",
          "dynamodb:Query on Vault rows U#*",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
          "secretsmanager:GetSecretValue on StageSecret",
        ],
        "keysrotate": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:GetItem on Control rows IDEM#*",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:PutItem on Control rows IDEM#*",
          "dynamodb:PutItem on Vault rows U#*",
          "dynamodb:Query on Vault rows U#*",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
          "kms:GenerateDataKey on VaultKey if {"StringEquals":{"kms:EncryptionContext:purpose":"user-api-key"}}",
          "kms:GenerateMac on FingerprintKey",
          "secretsmanager:GetSecretValue on StageSecret",
        ],
        "keysstore": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:GetItem on Control rows IDEM#*",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:PutItem on Control rows IDEM#*",
          "dynamodb:PutItem on Vault rows U#*",
          "dynamodb:Query on Vault rows U#*",
          "dynamodb:UpdateItem on Content rows U#* attributes pk sk noticeOf kind severity subject text next_step url created_at",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
          "kms:GenerateDataKey on VaultKey if {"StringEquals":{"kms:EncryptionContext:purpose":"user-api-key"}}",
          "kms:GenerateMac on FingerprintKey",
          "secretsmanager:GetSecretValue on StageSecret",
        ],
        "keysunfreeze": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:GetItem on Control rows IDEM#*",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:PutItem on Control rows IDEM#*",
          "dynamodb:PutItem on Vault rows U#*",
          "dynamodb:Query on Vault rows U#*",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
          "secretsmanager:GetSecretValue on StageSecret",
        ],
        "keysvalidate": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:GetItem on Control rows IDEM#*",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:PutItem on Control rows IDEM#*",
          "dynamodb:PutItem on Vault rows U#*",
          "dynamodb:Query on Vault rows U#*",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
          "kms:Decrypt on VaultKey if {"StringEquals":{"kms:EncryptionContext:purpose":"user-api-key"}}",
          "secretsmanager:GetSecretValue on StageSecret",
        ],
        "limitschange": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:GetItem on Control rows IDEM#*",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:PutItem on Control rows IDEM#* LIMITS",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
          "secretsmanager:GetSecretValue on StageSecret",
        ],
        "limitsread": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:GetItem on Control rows LIMITS",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
        ],
        "mcp": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:DeleteItem on Content rows U#*",
          "dynamodb:GetItem on Content rows SHARED U#*",
          "dynamodb:GetItem on Control rows IDEM#* LEDGER#* LIMITS",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:PutItem on Content rows SHARED U#* attributes pk sk fmt rv doc",
          "dynamodb:PutItem on Content rows U#*",
          "dynamodb:PutItem on Control rows IDEM#* LEDGER#*",
          "dynamodb:PutItem on Vault rows U#*",
          "dynamodb:Query on Content rows SHARED U#*",
          "dynamodb:Query on Vault rows U#*",
          "dynamodb:UpdateItem on Content rows U#* attributes pk sk noticeOf kind severity subject text next_step url created_at",
          "dynamodb:UpdateItem on Control rows LEASE#* LEDGER#* RATE#*",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
          "kms:Decrypt on VaultKey if {"StringEquals":{"kms:EncryptionContext:purpose":"user-api-key"}}",
          "kms:GenerateDataKey on VaultKey if {"StringEquals":{"kms:EncryptionContext:purpose":"user-api-key"}}",
          "kms:GenerateMac on FingerprintKey",
          "secretsmanager:GetSecretValue on StageSecret",
        ],
        "metadataauthorizationserver": [],
        "metadataprotectedresource": [],
        "modelslist": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:Query on Vault rows U#*",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
        ],
        "modelsread": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:Query on Vault rows U#*",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
        ],
        "noticeslist": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:Query on Content/index/notices rows ???????????????????????????",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
        ],
        "noticesread": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:GetItem on Control rows IDEM#*",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:PutItem on Control rows IDEM#*",
          "dynamodb:UpdateItem on Content rows U#* attributes pk sk read_at",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
          "secretsmanager:GetSecretValue on StageSecret",
        ],
        "onauditrecorded": [
          "dynamodb:ConditionCheckItem on Control rows ERASED#*",
          "dynamodb:PutItem on Control rows EVENT#*",
          "dynamodb:UpdateItem on Content rows U#* attributes pk sk *:*",
          "sqs:GetQueueAttributes on onauditrecordeddeadletters",
          "sqs:GetQueueUrl on onauditrecordeddeadletters",
          "sqs:SendMessage on onauditrecordeddeadletters",
        ],
        "onaudittampered": [
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:UpdateItem on Content rows U#* attributes pk sk noticeOf kind severity subject text next_step url created_at",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "sqs:GetQueueAttributes on onaudittampereddeadletters",
          "sqs:GetQueueUrl on onaudittampereddeadletters",
          "sqs:SendMessage on onaudittampereddeadletters",
        ],
        "oncustodyaudit": [
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:Query on Audit rows U#*",
          "dynamodb:Query on Control rows KMS#*",
          "dynamodb:UpdateItem on Content rows U#* attributes pk sk noticeOf kind severity subject text next_step url created_at",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "sqs:GetQueueAttributes on oncustodyauditdeadletters",
          "sqs:GetQueueUrl on oncustodyauditdeadletters",
          "sqs:SendMessage on oncustodyauditdeadletters",
        ],
        "onexpirysweep": [
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:Query on Vault/index/expiry rows ????-??-??",
          "dynamodb:UpdateItem on Content rows U#* attributes pk sk noticeOf kind severity subject text next_step url created_at",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Vault rows U#* attributes pk sk rv ver prev expDay",
          "sqs:GetQueueAttributes on onexpirysweepdeadletters",
          "sqs:GetQueueUrl on onexpirysweepdeadletters",
          "sqs:SendMessage on onexpirysweepdeadletters",
        ],
        "onissuerkeys": [
          "dynamodb:PutItem on Control rows JWKS#*",
          "secretsmanager:GetSecretValue on IssuerKeySecret",
          "sqs:GetQueueAttributes on onissuerkeysdeadletters",
          "sqs:GetQueueUrl on onissuerkeysdeadletters",
          "sqs:SendMessage on onissuerkeysdeadletters",
        ],
        "onkeyopened": [
          "dynamodb:PutItem on Control rows KMS#*",
          "sqs:GetQueueAttributes on onkeyopeneddeadletters",
          "sqs:GetQueueUrl on onkeyopeneddeadletters",
          "sqs:SendMessage on onkeyopeneddeadletters",
        ],
        "onrewrap": [
          "dynamodb:DeleteItem on Control rows REWRAP#*",
          "dynamodb:GetItem on Control rows REWRAP#*",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:PutItem on Control rows REWRAP#*",
          "dynamodb:PutItem on Vault rows U#*",
          "dynamodb:Scan on Vault",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "kms:ReEncryptFrom on VaultKey if {"StringEquals":{"kms:EncryptionContext:purpose":"user-api-key"}}",
          "kms:ReEncryptTo on VaultKey if {"StringEquals":{"kms:EncryptionContext:purpose":"user-api-key"}}",
        ],
        "opsnotices": [
          "sns:Publish on {"Ref":"opstopic89205721"}",
        ],
        "opstampering": [
          "sns:Publish on {"Ref":"opstopic89205721"}",
        ],
        "preferencesread": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:GetItem on Content rows U#*",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
        ],
        "preferenceswrite": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:GetItem on Content rows U#*",
          "dynamodb:GetItem on Control rows IDEM#*",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:PutItem on Content rows U#* attributes pk sk version default_provider default_models default_policy day_micro_usd month_micro_usd updated_at",
          "dynamodb:PutItem on Control rows IDEM#*",
          "dynamodb:UpdateItem on Control rows LEDGER#* attributes pk sk revision budgetRevision budget warned:day.microUsd warned:month.microUsd",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
          "secretsmanager:GetSecretValue on StageSecret",
        ],
        "sessionslist": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:Query on Control rows SESSION#*",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
        ],
        "sessionsrevoke": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:GetItem on Control rows IDEM#*",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:PutItem on Control rows IDEM#*",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows REVOKED#*",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk revokedAt ttl",
          "secretsmanager:GetSecretValue on StageSecret",
        ],
        "sessionsrevokeall": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:GetItem on Control rows IDEM#*",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:PutItem on Control rows IDEM#*",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows REVOKED#*",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk revokedAt ttl",
          "secretsmanager:GetSecretValue on StageSecret",
        ],
        "toolsdelete": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:DeleteItem on Content rows SHARED U#*",
          "dynamodb:GetItem on Content rows SHARED U#*",
          "dynamodb:GetItem on Control rows IDEM#*",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:PutItem on Control rows IDEM#*",
          "dynamodb:Query on Content rows SHARED U#*",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
          "secretsmanager:GetSecretValue on StageSecret",
        ],
        "toolsinvoke": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:DeleteItem on Content rows U#*",
          "dynamodb:GetItem on Content rows SHARED U#*",
          "dynamodb:GetItem on Control rows IDEM#* LEDGER#* LIMITS",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:PutItem on Content rows SHARED U#* attributes pk sk fmt rv doc",
          "dynamodb:PutItem on Content rows U#*",
          "dynamodb:PutItem on Control rows IDEM#* LEDGER#*",
          "dynamodb:PutItem on Vault rows U#*",
          "dynamodb:Query on Content rows SHARED U#*",
          "dynamodb:Query on Vault rows U#*",
          "dynamodb:UpdateItem on Content rows U#* attributes pk sk noticeOf kind severity subject text next_step url created_at",
          "dynamodb:UpdateItem on Control rows LEASE#* LEDGER#* RATE#*",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
          "kms:Decrypt on VaultKey if {"StringEquals":{"kms:EncryptionContext:purpose":"user-api-key"}}",
          "kms:GenerateDataKey on VaultKey if {"StringEquals":{"kms:EncryptionContext:purpose":"user-api-key"}}",
          "kms:GenerateMac on FingerprintKey",
          "secretsmanager:GetSecretValue on StageSecret",
        ],
        "toolslist": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:GetItem on Content rows SHARED U#*",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:Query on Content rows SHARED U#*",
          "dynamodb:Query on Vault rows U#*",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
        ],
        "toolsread": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:GetItem on Content rows SHARED U#*",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:Query on Content rows SHARED U#*",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
        ],
        "toolsregister": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:GetItem on Content rows SHARED U#*",
          "dynamodb:GetItem on Control rows IDEM#*",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:PutItem on Content rows SHARED U#* attributes pk sk fmt rv doc",
          "dynamodb:PutItem on Control rows IDEM#*",
          "dynamodb:PutItem on Vault rows U#*",
          "dynamodb:Query on Content rows SHARED U#*",
          "dynamodb:Query on Vault rows U#*",
          "dynamodb:UpdateItem on Content rows U#* attributes pk sk noticeOf kind severity subject text next_step url created_at",
          "dynamodb:UpdateItem on Control rows LEASE#*",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
          "kms:Decrypt on VaultKey if {"StringEquals":{"kms:EncryptionContext:purpose":"user-api-key"}}",
          "kms:GenerateDataKey on VaultKey if {"StringEquals":{"kms:EncryptionContext:purpose":"user-api-key"}}",
          "kms:GenerateMac on FingerprintKey",
          "secretsmanager:GetSecretValue on StageSecret",
        ],
        "toolsreview": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:GetItem on Content rows SHARED U#*",
          "dynamodb:GetItem on Control rows IDEM#*",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:PutItem on Content rows SHARED U#* attributes pk sk fmt rv doc",
          "dynamodb:PutItem on Control rows IDEM#*",
          "dynamodb:Query on Content rows SHARED U#*",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
          "secretsmanager:GetSecretValue on StageSecret",
        ],
        "usagehistory": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:Query on Audit rows U#*",
          "dynamodb:Query on Content rows U#*",
          "dynamodb:Query on Control rows REFUSED#*",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
        ],
        "usageread": [
          "dynamodb:BatchGetItem on Control rows REVOKED#* SESSION#*",
          "dynamodb:GetItem on Control rows LEDGER#*",
          "dynamodb:PutItem on Audit rows U#*",
          "dynamodb:UpdateItem on Control rows REFUSED#* attributes pk sk n ttl",
          "dynamodb:UpdateItem on Control rows SESSION#* attributes pk sk client since issuedAt expiresAt roles rolesAt ttl",
        ],
      }
    `);
  });

  it('is the same on every stage', () => {
    expect(roleTable(local)).toEqual(roleTable(dev));
    expect(roleTable(synthesise({ stage: 'prod' }))).toEqual(roleTable(dev));
  });

  it('opens stored keys only where a row says that it uses them, and only in their own context', () => {
    const decrypting = Object.entries(roleTable(dev)).filter(([, lines]) =>
      lines.some((line) => line.startsWith('kms:Decrypt')),
    );
    const users = [...routes, authorizer, ...eventFunctions].filter(({ needs }) =>
      (needs as readonly string[]).includes('vault:use'),
    );
    expect(decrypting.map(([role]) => role)).toEqual(
      users.map(({ name }) => name.replaceAll('-', '')).toSorted(),
    );
    const inContext = 'on VaultKey if {"StringEquals":{"kms:EncryptionContext:purpose":"user-api-key"}}';
    const sealing = [`kms:GenerateDataKey ${inContext}`, 'kms:GenerateMac on FingerprintKey'];
    for (const [role, lines] of decrypting) {
      const needs: readonly string[] =
        users.find(({ name }) => name.replaceAll('-', '') === role)?.needs ?? [];
      expect(lines.filter((line) => line.startsWith('kms:'))).toEqual([
        `kms:Decrypt ${inContext}`,
        ...(needs.includes('keys:seal') ? sealing : []),
      ]);
    }
  });

  it('is granted by no policy of AWS, but for the gateway role that takes no other', () => {
    const managed = resourcesOf(dev, 'AWS::IAM::Role').filter((role) => role['ManagedPolicyArns']);
    expect(managed.map((role) => role['AssumeRolePolicyDocument'].Statement[0].Principal.Service)).toEqual([
      'apigateway.amazonaws.com',
    ]);
  });

  it('is denied by the vault key itself outside the context of stored keys', () => {
    const [vaultKey] = resourcesOf(dev, 'AWS::KMS::Key').filter((key) => key['EnableKeyRotation']);
    expect(vaultKey?.['KeyPolicy'].Statement).toContainEqual({
      Sid: 'OnlyForUserApiKeys',
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
      Resource: '*',
      Condition: { StringNotEquals: { 'kms:EncryptionContext:purpose': 'user-api-key' } },
    });
  });
});

describe('what a function is told', () => {
  it('has the same names on every stage', () => {
    const names = (stage: typeof dev) =>
      Object.entries(environments(stage)).map(([name, variables]) => [
        name,
        Object.keys(variables).toSorted(),
      ]);
    expect(names(local)).toEqual(names(dev));
  });

  it('is exactly this', () => {
    const names = Object.entries(environments(dev)).map(([name, variables]) => [
      name,
      Object.keys(variables)
        .filter((variable) => !['STAGE', 'POWERTOOLS_SERVICE_NAME', 'WEB_ORIGIN'].includes(variable))
        .toSorted()
        .join(' '),
    ]);
    expect(Object.fromEntries(names)).toMatchInlineSnapshot(`
      {
        "account-erase": "AUDIT_TABLE CONTENT_TABLE CONTROL_TABLE STAGE_SECRET_ARN VAULT_TABLE",
        "admin-sessions-revoke": "AUDIT_TABLE CONTROL_TABLE STAGE_SECRET_ARN",
        "audit-logs": "AUDIT_TABLE CONTROL_TABLE",
        "authorizer": "AUDIT_TABLE CONTROL_TABLE ISSUERS ISSUER_KEY_SECRET_ARN PUBLIC_URL TRUSTED_ORIGINS",
        "completions": "AUDIT_TABLE BUDGETS CONTENT_TABLE CONTROL_TABLE FINGERPRINT_KEY_ARN PROVIDER_ORIGINS PUBLIC_URL RATE_LIMITS RENEWAL_ENDPOINTS STAGE_SECRET_ARN TRUSTED_ORIGINS VAULT_KEY_ARN VAULT_KEY_ARNS VAULT_TABLE",
        "embeddings": "AUDIT_TABLE BUDGETS CONTENT_TABLE CONTROL_TABLE FINGERPRINT_KEY_ARN PROVIDER_ORIGINS PUBLIC_URL RATE_LIMITS RENEWAL_ENDPOINTS STAGE_SECRET_ARN TRUSTED_ORIGINS VAULT_KEY_ARN VAULT_KEY_ARNS VAULT_TABLE",
        "health": "",
        "keys-connect": "AUDIT_TABLE CONTROL_TABLE FINGERPRINT_KEY_ARN PROVIDER_ORIGINS PUBLIC_URL RENEWAL_ENDPOINTS STAGE_SECRET_ARN TOOL_ORIGINS TRUSTED_ORIGINS VAULT_KEY_ARN VAULT_TABLE",
        "keys-delete": "AUDIT_TABLE CONTROL_TABLE STAGE_SECRET_ARN VAULT_TABLE",
        "keys-freeze": "AUDIT_TABLE CONTROL_TABLE STAGE_SECRET_ARN VAULT_TABLE",
        "keys-label": "AUDIT_TABLE CONTROL_TABLE STAGE_SECRET_ARN VAULT_TABLE",
        "keys-list": "AUDIT_TABLE CONTROL_TABLE VAULT_TABLE",
        "keys-order": "AUDIT_TABLE CONTROL_TABLE STAGE_SECRET_ARN VAULT_TABLE",
        "keys-providers": "AUDIT_TABLE CONTROL_TABLE RENEWAL_ENDPOINTS VAULT_TABLE",
        "keys-receipts": "AUDIT_TABLE CONTROL_TABLE VAULT_TABLE",
        "keys-rollback": "AUDIT_TABLE CONTROL_TABLE STAGE_SECRET_ARN VAULT_TABLE",
        "keys-rotate": "AUDIT_TABLE CONTROL_TABLE FINGERPRINT_KEY_ARN PROVIDER_ORIGINS PUBLIC_URL STAGE_SECRET_ARN TRUSTED_ORIGINS VAULT_KEY_ARN VAULT_TABLE",
        "keys-store": "AUDIT_TABLE CONTENT_TABLE CONTROL_TABLE FINGERPRINT_KEY_ARN PROVIDER_ORIGINS PUBLIC_URL STAGE_SECRET_ARN TRUSTED_ORIGINS VAULT_KEY_ARN VAULT_TABLE",
        "keys-unfreeze": "AUDIT_TABLE CONTROL_TABLE STAGE_SECRET_ARN VAULT_TABLE",
        "keys-validate": "AUDIT_TABLE CONTROL_TABLE PROVIDER_ORIGINS PUBLIC_URL STAGE_SECRET_ARN TRUSTED_ORIGINS VAULT_KEY_ARN VAULT_KEY_ARNS VAULT_TABLE",
        "limits-change": "AUDIT_TABLE CONTROL_TABLE RATE_LIMITS STAGE_SECRET_ARN",
        "limits-read": "AUDIT_TABLE CONTROL_TABLE RATE_LIMITS",
        "mcp": "AUDIT_TABLE BUDGETS CONTENT_TABLE CONTROL_TABLE FINGERPRINT_KEY_ARN ISSUERS PROVIDER_ORIGINS PUBLIC_URL RATE_LIMITS RENEWAL_ENDPOINTS STAGE_SECRET_ARN TOOL_ORIGINS TRUSTED_ORIGINS VAULT_KEY_ARN VAULT_KEY_ARNS VAULT_TABLE",
        "metadata-authorization-server": "ISSUERS PUBLIC_URL TRUSTED_ORIGINS",
        "metadata-protected-resource": "ISSUERS PUBLIC_URL TRUSTED_ORIGINS",
        "models-list": "AUDIT_TABLE CONTROL_TABLE VAULT_TABLE",
        "models-read": "AUDIT_TABLE CONTROL_TABLE VAULT_TABLE",
        "notices-list": "AUDIT_TABLE CONTENT_TABLE CONTROL_TABLE",
        "notices-read": "AUDIT_TABLE CONTENT_TABLE CONTROL_TABLE STAGE_SECRET_ARN",
        "on-audit-recorded": "CONTENT_TABLE CONTROL_TABLE",
        "on-audit-tampered": "AUDIT_TABLE CONTENT_TABLE CONTROL_TABLE",
        "on-custody-audit": "AUDIT_TABLE CONTENT_TABLE CONTROL_TABLE",
        "on-expiry-sweep": "AUDIT_TABLE CONTENT_TABLE CONTROL_TABLE VAULT_TABLE",
        "on-issuer-keys": "CONTROL_TABLE ISSUERS ISSUER_KEY_SECRET_ARN PUBLIC_URL TRUSTED_ORIGINS",
        "on-key-opened": "CONTROL_TABLE",
        "on-rewrap": "AUDIT_TABLE CONTROL_TABLE VAULT_KEY_ARN VAULT_KEY_ARNS VAULT_TABLE",
        "preferences-read": "AUDIT_TABLE CONTENT_TABLE CONTROL_TABLE",
        "preferences-write": "AUDIT_TABLE BUDGETS CONTENT_TABLE CONTROL_TABLE STAGE_SECRET_ARN",
        "sessions-list": "AUDIT_TABLE CONTROL_TABLE",
        "sessions-revoke": "AUDIT_TABLE CONTROL_TABLE STAGE_SECRET_ARN",
        "sessions-revoke-all": "AUDIT_TABLE CONTROL_TABLE STAGE_SECRET_ARN",
        "tools-delete": "AUDIT_TABLE CONTENT_TABLE CONTROL_TABLE STAGE_SECRET_ARN",
        "tools-invoke": "AUDIT_TABLE BUDGETS CONTENT_TABLE CONTROL_TABLE FINGERPRINT_KEY_ARN PROVIDER_ORIGINS PUBLIC_URL RATE_LIMITS RENEWAL_ENDPOINTS STAGE_SECRET_ARN TOOL_ORIGINS TRUSTED_ORIGINS VAULT_KEY_ARN VAULT_KEY_ARNS VAULT_TABLE",
        "tools-list": "AUDIT_TABLE CONTENT_TABLE CONTROL_TABLE VAULT_TABLE",
        "tools-read": "AUDIT_TABLE CONTENT_TABLE CONTROL_TABLE",
        "tools-register": "AUDIT_TABLE CONTENT_TABLE CONTROL_TABLE FINGERPRINT_KEY_ARN PROVIDER_ORIGINS PUBLIC_URL RENEWAL_ENDPOINTS STAGE_SECRET_ARN TOOL_ORIGINS TRUSTED_ORIGINS VAULT_KEY_ARN VAULT_KEY_ARNS VAULT_TABLE",
        "tools-review": "AUDIT_TABLE CONTENT_TABLE CONTROL_TABLE STAGE_SECRET_ARN",
        "usage-history": "AUDIT_TABLE CONTENT_TABLE CONTROL_TABLE",
        "usage-read": "AUDIT_TABLE BUDGETS CONTROL_TABLE",
      }
    `);
  });

  it('holds no secret: only names, addresses and parameters', () => {
    for (const variables of Object.values(environments(dev))) {
      for (const [name, value] of Object.entries(variables)) {
        expect(name).not.toMatch(/(SECRET|PASSWORD|TOKEN|CREDENTIAL|API_?KEY)(?!.*_ARN$)/);
        expect(JSON.stringify(value)).not.toMatch(/resolve:(secretsmanager|ssm-secure)|sk-|AKIA/);
      }
    }
  });
});
