// DynamoDB behind the AWS endpoint: every table or index a call touches is authorised, then the engine answers.
import type { Dynamo } from '#local/dynamodb/dynamodb.ts';
import type { Iam } from '#local/iam/iam.ts';

import { type Access, requiredAccesses } from './dynamodb-access.ts';
import { createForward } from './engine-forward.ts';
import { parseJson, type Outcome, awsError, type Service } from './aws-service.ts';

export function createDynamodbService({ iam, dynamo }: { iam: Iam; dynamo: Dynamo }) {
  const { forward, close } = createForward(dynamo.endpoint);

  /** Every part of a call must be allowed: a transaction is rejected as a whole. */
  function deniedBy(accessKeyId: string, accesses: readonly Access[]): string | undefined {
    for (const access of accesses) {
      const verdict = iam.authorize({ accessKeyId, ...access });
      if (!verdict.allowed) return verdict.message;
    }
    return undefined;
  }

  const service: Service = async (request) => {
    const { operation, accessKeyId, headers, body } = request;
    const input = parseJson(body);
    if (input === undefined) return malformed('SerializationException');
    const accesses = requiredAccesses(operation, input, dynamo);
    if (!accesses) return malformed('UnknownOperationException');
    if (accesses.length === 0) return malformed('ValidationException', 'The request names no table.');
    const resources = [...new Set(accesses.map(({ resource }) => resource))];
    const partitions = touchedPartitions(accesses);
    const message = deniedBy(accessKeyId, accesses);
    if (message !== undefined) {
      const answer = awsError({ status: 400, type: 'AccessDeniedException', message });
      return { answer, resources, partitions, allowed: false };
    }
    const answer = await request.authorised(() => forward(headers, body));
    return { answer, resources, partitions, allowed: true };
  };
  return { service, close };
}

const touchedPartitions = (accesses: readonly Access[]): string[] => [
  ...new Set(accesses.flatMap(({ context }) => context['dynamodb:LeadingKeys'] ?? [])),
];

const malformed = (type: string, message = ''): Outcome => ({
  answer: awsError({ status: 400, type, message }),
  resources: [],
  allowed: true,
});
