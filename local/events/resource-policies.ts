// Resource policies of queues and topics.
import type { ResourceRequest, ResourceTypes, Site } from '#local/cloudformation/resource-type.ts';
import { foldContext } from '#local/iam/conditions.ts';
import { type Compiled, compilePolicy } from '#local/iam/statement.ts';

import type { Admits } from './event-ports.ts';

export function createResourcePolicies(site: Site): { types: ResourceTypes; admits: Admits } {
  const policies = new Map<string, readonly Compiled[]>();
  /** `Ref` of a queue is its URL, of a topic its ARN. */
  const subjectArn = (ref: string) =>
    ref.startsWith('arn:') ? ref : `arn:aws:sqs:${site.region}:${site.account}:${ref.split('/').at(-1)}`;

  const policyResource = (subjects: 'Queues' | 'Topics') => ({
    honours: ['PolicyDocument', subjects],
    create({ physicalName, properties }: ResourceRequest) {
      const statements = compilePolicy('resource', properties.PolicyDocument, physicalName);
      for (const ref of [properties[subjects]].flat()) policies.set(subjectArn(String(ref)), statements);
      return { ref: physicalName };
    },
  });

  return {
    types: {
      'AWS::SQS::QueuePolicy': policyResource('Queues'),
      'AWS::SNS::TopicPolicy': policyResource('Topics'),
    },

    admits(action, resourceArn, { service, sourceArn }) {
      const context = foldContext({
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
