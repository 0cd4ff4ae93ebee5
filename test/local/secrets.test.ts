import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createSecrets } from '#local/secretsmanager/secrets.ts';

import { create, createRole, site, startDataPlane, temporaryFolder } from './data-plane.ts';

const type = 'AWS::SecretsManager::Secret';
const get = (SecretId: string, more: object = {}) => new GetSecretValueCommand({ SecretId, ...more });
const generated = (PasswordLength = 64) => ({
  GenerateSecretString: { PasswordLength, ExcludePunctuation: true },
});

describe('the secrets of a template', () => {
  const folder = temporaryFolder();
  afterAll(folder.remove);
  const start = () => createSecrets({ folder: folder.path, site });
  const currentValue = (secrets: ReturnType<typeof start>) =>
    secrets.find('Test-Stage')?.versions.at(-1)?.value;

  it('are generated once and found again at every start', async () => {
    const first = start();
    const { ref } = await create(first.types, type, generated(), 'Stage');
    expect(ref).toMatch(/^arn:aws:secretsmanager:eu-central-1:000000000000:secret:Test-Stage-[0-9a-f]{6}$/);
    expect(currentValue(first)).toMatch(/^[A-Za-z0-9]{64}$/);
    const second = start();
    expect((await create(second.types, type, generated(), 'Stage')).ref).toBe(ref);
    expect(currentValue(second)).toBe(currentValue(first));
  });

  it('are generated again when their generation settings change, as CloudFormation does', async () => {
    const before = start();
    await create(before.types, type, generated(), 'Stage');
    const after = start();
    await create(after.types, type, generated(50), 'Stage');
    expect(currentValue(after)).toHaveLength(50);
    expect(after.find('Test-Stage')?.versions[0]?.value).toBe(currentValue(before));
  });

  it.each([
    ['a given text', { SecretString: 'x' }],
    ['punctuation', { GenerateSecretString: { PasswordLength: 64 } }],
    ['a template', { GenerateSecretString: { ExcludePunctuation: true, SecretStringTemplate: '{}' } }],
  ])('stop the start with %s, which nothing here copies', async (_what, properties) => {
    await expect(create(start().types, type, properties)).rejects.toThrow('Secret Test/Thing');
  });
});

describe('Secrets Manager behind the AWS endpoint', () => {
  let plane: Awaited<ReturnType<typeof startDataPlane>>;
  let arn = '';
  beforeAll(async () => {
    plane = await startDataPlane('dynoxide');
    ({ ref: arn } = await create(plane.types, type, generated(), 'Stage'));
  });
  afterAll(() => plane.stop());

  let made = 0;
  async function actingAs(...statements: object[]) {
    made += 1;
    const role = await createRole(plane.types, `reader-${made}`, ...statements);
    const credentials = plane.iam.credentialsFor(role, `reader-${made}`);
    const { region } = site;
    return new SecretsManagerClient({ endpoint: plane.awsEndpoint.url, region, credentials, maxAttempts: 1 });
  }
  const reader = () =>
    actingAs({ Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: `${arn}*` });
  it('gives the current value to a role that may read it, by name and by ARN', async () => {
    const client = await reader();
    const { SecretString, VersionStages } = await client.send(get(arn));
    expect(SecretString).toHaveLength(64);
    expect(VersionStages).toEqual(['AWSCURRENT']);
    expect(await client.send(get('Test-Stage'))).toMatchObject({ SecretString, ARN: arn });
    expect(plane.journal.all().at(-1)).toMatchObject({
      service: 'secretsmanager',
      operation: 'GetSecretValue',
      resources: [arn],
      allowed: true,
    });
  });

  it('returns the same error to a role without permission whether or not the secret exists', async () => {
    const client = await actingAs({ Effect: 'Allow', Action: 'dynamodb:GetItem', Resource: '*' });
    for (const id of [arn, 'nothing']) {
      await expect(client.send(get(id))).rejects.toMatchObject({
        name: 'AccessDeniedException',
        message: expect.stringContaining('is not authorized to perform: secretsmanager:GetSecretValue'),
      });
    }
    expect(plane.journal.all().at(-1)).toMatchObject({ allowed: false });
  });

  it('has no other secrets and supports no older versions', async () => {
    const client = await actingAs({ Effect: 'Allow', Action: 'secretsmanager:*', Resource: '*' });
    await expect(client.send(get('nothing'))).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    for (const older of [{ VersionStage: 'AWSPREVIOUS' }, { VersionId: 'v'.repeat(32) }]) {
      await expect(client.send(get(arn, older))).rejects.toMatchObject({ name: 'InvalidParameterException' });
    }
  });
});
