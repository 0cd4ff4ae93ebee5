import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { stageKey } from '#shared/services/stage-secret.ts';
import { create, createRole, site, startDataPlane } from '#test/local/data-plane.ts';

let plane: Awaited<ReturnType<typeof startDataPlane>>;
beforeAll(async () => {
  plane = await startDataPlane('dynoxide');
  const GenerateSecretString = { PasswordLength: 64, ExcludePunctuation: true };
  const { ref } = await create(plane.types, 'AWS::SecretsManager::Secret', { GenerateSecretString });
  const role = await createRole(plane.types, 'reader', {
    Effect: 'Allow',
    Action: 'secretsmanager:GetSecretValue',
    Resource: ref,
  });
  const { accessKeyId, secretAccessKey, sessionToken } = plane.iam.credentialsFor(role, 'reader');
  vi.stubEnv('AWS_ACCESS_KEY_ID', accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', secretAccessKey);
  vi.stubEnv('AWS_SESSION_TOKEN', sessionToken);
  vi.stubEnv('AWS_REGION', site.region);
  vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', plane.awsEndpoint.url);
  vi.stubEnv('STAGE_SECRET_ARN', ref);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await plane.stop();
});

it('is asked for once in the life of an instance, however many keys are derived, and again only after a failure', async () => {
  const refuse = plane.awsEndpoint.faults.inject(() => ({
    kind: 'error',
    status: 400,
    type: 'X',
    message: '',
  }));
  await expect(stageKey('issuer-keys')).rejects.toMatchObject({ name: 'X' });
  refuse();
  const before = plane.journal.all().length;
  const [one, other, again] = await Promise.all(
    (['issuer-keys', 'idempotency-names', 'issuer-keys'] as const).map(stageKey),
  );
  expect(again).toEqual(one);
  expect(other).not.toEqual(one);
  expect(plane.journal.all().length - before).toBe(1);
});
