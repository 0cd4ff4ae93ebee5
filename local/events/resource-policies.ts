// Policies of queues and topics: which AWS service may send to them, on behalf of what.
import type { ResourceRequest, ResourceTypes, Site } from '#local/cloudformation/resource.ts';
import { contextOf } from '#local/iam/conditions.ts';
import { type Compiled, compilePolicy } from '#local/iam/statement.ts';

import type { Admits } from './ports.ts';

export function createResourcePolicies(site: Site): { types: ResourceTypes; admits: Admits } {
  const policies = new Map<string, readonly Compiled[]>();
  /** `Ref` of a queue is its address, of a topic its ARN. */
  const arnOf = (ref: string) =>
    ref.startsWith('arn:') ? ref : `arn:aws:sqs:${site.region}:${site.account}:${ref.split('/').at(-1)}`;

  const policyOf = (subjects: 'Queues' | 'Topics') => ({
    honours: ['PolicyDocument', subjects],
    create({ physicalName, properties }: ResourceRequest) {
      const statements = compilePolicy('resource', properties.PolicyDocument, physicalName);
      for (const ref of [properties[subjects]].flat()) policies.set(arnOf(String(ref)), statements);
      return { ref: physicalName };
    },
  });

  return {
    types: { 'AWS::SQS::QueuePolicy': policyOf('Queues'), 'AWS::SNS::TopicPolicy': policyOf('Topics') },

    admits(action, resourceArn, { service, sourceArn }) {
      const context = contextOf({
        'aws:SourceArn': sourceArn,
        'aws:SourceAccount': site.account,
        'aws:SecureTransport': 'true',
        'aws:PrincipalIsAWSService': 'true',
      });
      const principal = { kind: 'service', name: service } as const;
      const applying = (policies.get(resourceArn) ?? []).filter(
        ({ covers, names, when }) =>
          covers(action, resourceArn) && names(principal) !== 'none' && when(context),
      );
      return applying.length > 0 && applying.every(({ effect }) => effect === 'Allow');
    },
  };
}
