import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { issuerKeySealingKey, stageKey } from '#shared/composition/stage-secret.ts';
import { create, createRole, site, startDataPlane } from '#test/local/data-plane.ts';

let plane: Awaited<ReturnType<typeof startDataPlane>>;
beforeAll(async () => {
  plane = await startDataPlane('dynoxide');
  const GenerateSecretString = { PasswordLength: 64, ExcludePunctuation: true };
  const secret = (LogicalId: string) =>
    create(plane.types, 'AWS::SecretsManager::Secret', { GenerateSecretString, Name: LogicalId });
  const [{ ref }, { ref: issuerKeySecret }] = [await secret('stage'), await secret('issuer-keys')];
  const role = await createRole(plane.types, 'reader', {
    Effect: 'Allow',
    Action: 'secretsmanager:GetSecretValue',
    Resource: [ref, issuerKeySecret],
  });
  const { accessKeyId, secretAccessKey, sessionToken } = plane.iam.credentialsFor(role, 'reader');
  vi.stubEnv('AWS_ACCESS_KEY_ID', accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', secretAccessKey);
  vi.stubEnv('AWS_SESSION_TOKEN', sessionToken);
  vi.stubEnv('AWS_REGION', site.region);
  vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', plane.awsEndpoint.url);
  vi.stubEnv('STAGE_SECRET_ARN', ref);
  vi.stubEnv('ISSUER_KEY_SECRET_ARN', issuerKeySecret);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await plane.stop();
});

it('is asked for once in the life of an instance, however many keys are derived, and again only after a failure', async () => {
  const reject = plane.awsEndpoint.faults.inject(() => ({
    kind: 'error',
    status: 400,
    type: 'X',
    message: '',
  }));
  await expect(stageKey('idempotency-names')).rejects.toMatchObject({ name: 'X' });
  reject();
  const before = plane.journal.all().length;
  const [one, other, again] = await Promise.all(
    (['idempotency-replies', 'idempotency-names', 'idempotency-replies'] as const).map(stageKey),
  );
  expect(again).toEqual(one);
  expect(other).not.toEqual(one);
  expect(plane.journal.all().length - before).toBe(1);
});

it('is not the secret that seals saved signing keys', async () => {
  const before = plane.journal.all().length;
  await issuerKeySealingKey('issuer-keys');
  const calls = plane.journal.all().slice(before);
  expect(calls).toMatchObject([{ operation: 'GetSecretValue' }]);
  expect(calls[0]?.resources).toEqual([process.env['ISSUER_KEY_SECRET_ARN']]);
});
