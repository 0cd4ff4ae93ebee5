// Calls to the local AWS by the credentials of a function's own role.
import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';

import type { Stack } from '#local/stack.ts';

export type Send = (db: DynamoDBDocumentClient) => Promise<unknown>;

export function optionsOf(stack: Stack, name: string) {
  const config = stack.lambda.functions().find((fn) => fn.name === `portunus-local-${name}`);
  if (!config) throw new Error(`The stack has no function ${name}.`);
  const credentials = stack.credentialsFor(config.roleArn, name);
  return { region: 'eu-central-1', endpoint: stack.awsEndpoint.url, credentials, maxAttempts: 1 };
}

export const tablesAs = (stack: Stack, name: string): DynamoDBDocumentClient =>
  DynamoDBDocumentClient.from(new DynamoDBClient(optionsOf(stack, name)));

/** Whether the role of this function reads the secret that the variable names to some function. */
export function readsSecret(stack: Stack, name: string, variable: string): Promise<boolean> {
  const [SecretId] = stack.lambda.functions().flatMap(({ environment }) => environment[variable] ?? []);
  const secrets = new SecretsManagerClient(optionsOf(stack, name));
  return permitted(secrets.send(new GetSecretValueCommand({ SecretId })));
}

/** Whether IAM let the call through; what the engine made of it does not matter. */
export async function permitted(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'AccessDeniedException') return false;
    if (error instanceof ConditionalCheckFailedException || error instanceof TransactionCanceledException)
      return true;
    throw error;
  }
}

/** Sets one attribute, or does what `more` says. */
export const updateOf = (
  TableName: string,
  Key: { pk: string; sk: string },
  name: string,
  more: Partial<UpdateCommand['input']> = {},
): UpdateCommand =>
  new UpdateCommand({
    TableName,
    Key,
    UpdateExpression: 'SET #a = :v',
    ExpressionAttributeNames: { '#a': name },
    ExpressionAttributeValues: { ':v': 1 },
    ...more,
  });
