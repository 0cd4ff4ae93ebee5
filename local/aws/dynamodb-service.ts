// DynamoDB behind the front door: every table or index a call touches is authorised, then the engine answers.
import type { Dynamo } from '#local/dynamodb/dynamodb.ts';
import type { Iam } from '#local/iam/iam.ts';

import { type Access, accessesOf } from './dynamodb-access.ts';
import { createForward } from './engine-forward.ts';
import { jsonOf, type Outcome, refusal, type Service } from './service.ts';

export function createDynamodbService({ iam, dynamo }: { iam: Iam; dynamo: Dynamo }) {
  const { forward, close } = createForward(dynamo.endpoint);

  /** Every part of a call must be allowed: a transaction is refused whole. */
  function refusedBy(accessKeyId: string, accesses: readonly Access[]): string | undefined {
    for (const access of accesses) {
      const verdict = iam.authorize({ accessKeyId, ...access });
      if (!verdict.allowed) return verdict.message;
    }
    return undefined;
  }

  const service: Service = async (request) => {
    const { operation, accessKeyId, headers, body } = request;
    const input = jsonOf(body);
    if (input === undefined) return malformed('SerializationException');
    const accesses = accessesOf(operation, input, dynamo);
    if (!accesses) return malformed('UnknownOperationException');
    if (accesses.length === 0) return malformed('ValidationException', 'The request names no table.');
    const resources = [...new Set(accesses.map(({ resource }) => resource))];
    const partitions = partitionsOf(accesses);
    const message = refusedBy(accessKeyId, accesses);
    if (message !== undefined) {
      const answer = refusal({ status: 400, type: 'AccessDeniedException', message });
      return { answer, resources, partitions, allowed: false };
    }
    const answer = await request.authorised(() => forward(headers, body));
    return { answer, resources, partitions, allowed: true };
  };
  return { service, close };
}

const partitionsOf = (accesses: readonly Access[]): string[] => [
  ...new Set(accesses.flatMap(({ context }) => context['dynamodb:LeadingKeys'] ?? [])),
];

const malformed = (type: string, message = ''): Outcome => ({
  answer: refusal({ status: 400, type, message }),
  resources: [],
  allowed: true,
});
