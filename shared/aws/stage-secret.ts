// Stage secret, from Secrets Manager.
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

import { Secret } from '#shared/core/secret.ts';
import { AppError } from '#shared/core/errors.ts';

import { BOUNDED } from './bounds.ts';

/** @throws {AppError} `unavailable` if the secret has no text */
export async function readStageSecret(arn: string): Promise<Secret> {
  const client = new SecretsManagerClient(BOUNDED);
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: arn }));
  client.destroy(); // read once per instance
  if (SecretString === undefined) throw new AppError('unavailable');
  return new Secret(SecretString);
}
