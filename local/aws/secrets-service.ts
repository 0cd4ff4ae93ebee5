// Secrets Manager behind the AWS endpoint. Authorisation comes first, so that a caller without permission cannot probe for names.
import * as z from 'zod';

import type { Iam } from '#local/iam/iam.ts';
import type { Secrets } from '#local/secretsmanager/secrets.ts';

import type { AwsResponse } from './engine-forward.ts';
import { jsonResponse, parseJson, type Outcome, awsError, type Service } from './aws-service.ts';

const GetSecretValue = z.strictObject({
  SecretId: z.string().min(1).max(2048),
  VersionStage: z.literal('AWSCURRENT').optional(),
});
type Ask = z.infer<typeof GetSecretValue>;

export function createSecretsService({ iam, secrets }: { iam: Iam; secrets: Secrets }): Service {
  return async ({ operation, accessKeyId, body, authorised }) => {
    if (operation !== 'GetSecretValue') return malformed('UnknownOperationException', '');
    const input = GetSecretValue.safeParse(parseJson(body));
    if (!input.success) return malformed('InvalidParameterException', z.prettifyError(input.error));
    const resource = secrets.secretArn(input.data.SecretId);
    const verdict = iam.authorize({
      accessKeyId,
      action: 'secretsmanager:GetSecretValue',
      resource,
      context: { 'secretsmanager:SecretId': resource },
    });
    if (!verdict.allowed) {
      const { message } = verdict;
      const answer = awsError({ status: 400, type: 'AccessDeniedException', message });
      return { answer, resources: [resource], allowed: false };
    }
    const answer = await authorised(async () => getSecretValue(secrets, input.data));
    return { answer, resources: [resource], allowed: true };
  };
}

function getSecretValue(secrets: Secrets, { SecretId }: Ask): AwsResponse {
  const secret = secrets.find(SecretId);
  const version = secret?.versions.at(-1);
  if (!secret || !version) return notFound("Secrets Manager can't find the specified secret.");
  return jsonResponse(200, {
    ARN: secret.arn,
    Name: secret.name,
    VersionId: version.id,
    SecretString: version.value,
    VersionStages: ['AWSCURRENT'],
    CreatedDate: version.createdAt / 1000,
  });
}

const notFound = (message: string) => awsError({ status: 400, type: 'ResourceNotFoundException', message });

const malformed = (type: string, message: string): Outcome => ({
  answer: awsError({ status: 400, type, message }),
  resources: [],
  allowed: true,
});
