// Log groups of the functions: their number, and the secrets that CloudWatch Logs masks in them.
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';

import { SECRET_FORMATS } from '#infra/function-logs.ts';
import { CATALOG } from '#shared/providers/catalog.ts';

import { roleStatements } from './statements.ts';
import { resourcesOf, synthesise } from './synthesised.ts';

const dev = synthesise({ stage: 'dev' });

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL-custom-data-identifiers.html */
const TAKEN_BY_CLOUDWATCH = /^[A-Za-z0-9_#=@/;,\- ^$?[\]{}|\\*+.]{1,200}$/;

const KEYS: Readonly<Record<string, string>> = {
  openai: `sk-proj-${'aB3_'.repeat(10)}`,
  anthropic: `sk-ant-api03-${'aB3_'.repeat(10)}`,
  google: `AIza${'aB3-5'.repeat(7)}`,
  groq: `gsk_${'aB3'.repeat(17)}`,
  xai: `xai-${'aB3'.repeat(17)}`,
  openrouter: `sk-or-v1-${'0a'.repeat(32)}`,
  together: `tgp_v1_${'aB3'.repeat(17)}`,
  bedrock: `ABSK${'aB3+'.repeat(11)}`,
};
const OTHERS = {
  'a second format of Google': `AQ.${'aB3'.repeat(10)}`,
  'a second format of Bedrock': `bedrock-api-key-${'aB3'.repeat(20)}`,
  DeepSeek: `sk-${'0a'.repeat(16)}`,
  'a personal access token': `ptn_${'aB3'.repeat(29)}`,
  'a JSON web token': `eyJhbGciOiJSUzI1NiJ9.${'aB3'.repeat(10)}.${'aB3'.repeat(10)}`,
};

const masked = (text: string): string =>
  Object.values(SECRET_FORMATS).reduce(
    (line, format) => line.replaceAll(new RegExp(format, 'g'), (secret) => '*'.repeat(secret.length)),
    text,
  );

describe('the log groups of functions', () => {
  it('are one for each stack and one of the scanner, and every function writes there and nowhere else', () => {
    const groups = resourcesOf(dev, 'AWS::Logs::LogGroup').map(({ LogGroupName }) => String(LogGroupName));
    expect(groups.toSorted()).toEqual([
      '/aws/apigateway/portunus-dev',
      '/portunus/dev/api',
      '/portunus/dev/audit',
      '/portunus/dev/scanner', // of the function that reads the others
    ]);
    for (const fn of resourcesOf(dev, 'AWS::Lambda::Function'))
      expect(fn['LoggingConfig']).toEqual({
        LogFormat: 'JSON',
        LogGroup: { Ref: expect.stringMatching(/^(?:function|scanner)logs/) },
        SystemLogLevel: 'WARN',
      });
  });

  it('mask secrets and count the lines that held one', () => {
    const policies = resourcesOf(dev, 'AWS::Logs::LogGroup').flatMap(
      (group) => group['DataProtectionPolicy'] ?? [],
    );
    expect(policies).toHaveLength(3);
    for (const { Configuration, Statement } of policies) {
      const own = Configuration.CustomDataIdentifier as { Name: string; Regex: string }[];
      expect(Object.fromEntries(own.map(({ Name, Regex }) => [Name, Regex]))).toEqual(SECRET_FORMATS);
      const [audit, mask] = Statement;
      expect(audit.Operation).toEqual({ Audit: { FindingsDestination: {} } });
      expect(mask.Operation).toEqual({ Deidentify: { MaskConfig: {} } });
      for (const { DataIdentifier } of [audit, mask])
        expect(DataIdentifier).toEqual(expect.arrayContaining(Object.keys(SECRET_FORMATS)));
    }
  });
});

describe('a masked format', () => {
  it('has a form that CloudWatch Logs takes, and there are ten at most', () => {
    expect(Object.keys(SECRET_FORMATS).length).toBeLessThanOrEqual(10);
    for (const format of Object.values(SECRET_FORMATS)) expect(format).toMatch(TAKEN_BY_CLOUDWATCH);
    for (const name of Object.keys(SECRET_FORMATS)) expect(name).toMatch(/^[\w-]{1,128}$/);
  });

  it('exists for each provider whose keys have a prefix', () => {
    const prefixed = CATALOG.filter(({ keyPrefix }) => keyPrefix).map(({ id }) => id);
    expect(Object.keys(KEYS).toSorted()).toEqual(prefixed.toSorted());
    for (const { id, keyPattern } of CATALOG.filter(({ keyPrefix }) => keyPrefix))
      expect(KEYS[id]).toMatch(keyPattern);
  });

  it.each(Object.entries({ ...KEYS, ...OTHERS }))('masks all of the key of %s', (_provider, key) => {
    expect(masked(`{"message":"${key}"}`)).toBe(`{"message":"${'*'.repeat(key.length)}"}`);
  });

  it('leaves a request id, a digest, a version of a key and an address as they are', () => {
    const line = JSON.stringify({
      requestId: '0f9d1c1e-8f6a-4c0e-9a55-3f0a6a0b7c11',
      digest: 'a'.repeat(64),
      keyId: 'openai_AbCdEfGhIjKlMnOpQrStUv',
      url: 'https://task-list.example.com/risk-assessment',
    });
    expect(masked(line)).toBe(line);
  });
});

describe('tracing', () => {
  const untraced = synthesise({ stage: 'dev', tracing: 'off' });

  it('is on unless the stage says otherwise', () => {
    const modes = (stage: typeof dev) =>
      new Set(resourcesOf(stage, 'AWS::Lambda::Function').map(({ TracingConfig }) => TracingConfig?.Mode));
    expect(modes(dev)).toEqual(new Set(['Active']));
    expect(modes(untraced)).toEqual(new Set([undefined]));
    expect(resourcesOf(dev, 'AWS::ApiGateway::Stage')).toMatchObject([{ TracingEnabled: true }]);
    expect(resourcesOf(untraced, 'AWS::ApiGateway::Stage')).toMatchObject([{ TracingEnabled: false }]);
  });

  it('needs permissions only where it is on, and no finding is left where it is off', () => {
    expect(JSON.stringify(roleStatements(dev))).toContain('xray:');
    expect(JSON.stringify(roleStatements(untraced))).not.toContain('xray:');
    const packs = [new AwsSolutionsChecks(), new ServerlessChecks()];
    expect(packs.flatMap((pack) => pack.validateScope(untraced.app).violations)).toEqual([]);
  });
});
