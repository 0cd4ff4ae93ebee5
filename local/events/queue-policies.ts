// Queue policies: which AWS service may send to a queue, on behalf of what.
import type { ResourceRequest, ResourceType, Site } from '#local/cloudformation/resource.ts';
import { contextOf } from '#local/iam/conditions.ts';
import { type Compiled, compilePolicy } from '#local/iam/statement.ts';

import type { Queues } from './ports.ts';

export function createQueuePolicies(site: Site): { type: ResourceType; admits: Queues['admits'] } {
  const policies = new Map<string, readonly Compiled[]>();

  return {
    type: {
      honours: ['PolicyDocument', 'Queues'],
      create({ physicalName, properties }: ResourceRequest) {
        const statements = compilePolicy('resource', properties.PolicyDocument, physicalName);
        for (const url of [properties.Queues].flat()) {
          const name = String(url).split('/').at(-1);
          policies.set(`arn:aws:sqs:${site.region}:${site.account}:${name}`, statements);
        }
        return { ref: physicalName };
      },
    },

    admits(queueArn, service, sourceArn) {
      const context = contextOf({
        'aws:SourceArn': sourceArn,
        'aws:SourceAccount': site.account,
        'aws:SecureTransport': 'true',
        'aws:PrincipalIsAWSService': 'true',
      });
      const principal = { kind: 'service', name: service } as const;
      const applying = (policies.get(queueArn) ?? []).filter(
        ({ covers, names, when }) =>
          covers('sqs:SendMessage', queueArn) && names(principal) !== 'none' && when(context),
      );
      return applying.length > 0 && applying.every(({ effect }) => effect === 'Allow');
    },
  };
}
