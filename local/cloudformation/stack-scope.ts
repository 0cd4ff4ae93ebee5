// Names of one stack: parameters, pseudo parameters, conditions and the resources created so far.
import { holds, type Scope } from './intrinsics.ts';
import type { Created, Site } from './resource-type.ts';
import type { Template } from './template.ts';

type StackScope = {
  readonly stack: string;
  readonly site: Site;
  readonly template: Template;
  readonly parameters: ReadonlyMap<string, unknown>;
  readonly created: ReadonlyMap<string, Created>;
  readonly exports: ReadonlyMap<string, unknown>;
};

export function createScope({ stack, site, template, parameters, created, exports }: StackScope): Scope {
  const pseudo: Readonly<Record<string, unknown>> = {
    'AWS::AccountId': site.account,
    'AWS::Region': site.region,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': stack,
    'AWS::StackId': `arn:aws:cloudformation:${site.region}:${site.account}:stack/${stack}/local`,
    'AWS::NotificationARNs': [],
  };
  const verdicts = new Map<string, boolean>();

  const scope: Scope = {
    ref(name) {
      if (name in pseudo) return pseudo[name];
      if (parameters.has(name)) return parameters.get(name);
      return createdResource(name).ref;
    },
    attribute(logicalId, attribute) {
      const { attributes = {} } = createdResource(logicalId);
      const value = attributes[attribute];
      if (value !== undefined) return value;
      const type = template.Resources[logicalId]?.Type;
      throw new Error(`${type} ${logicalId} has no attribute ${attribute} in the local stack.`);
    },
    condition(name) {
      const known = verdicts.get(name);
      if (known !== undefined) return known;
      const condition = template.Conditions?.[name];
      if (condition === undefined) throw new Error(`Stack ${stack} has no condition ${name}.`);
      const verdict = holds(condition, scope);
      verdicts.set(name, verdict);
      return verdict;
    },
    importValue(name) {
      if (!exports.has(name)) throw new Error(`No stack exports ${name}.`);
      return exports.get(name);
    },
  };

  const createdResource = (logicalId: string): Created => {
    const resource = created.get(logicalId);
    if (!resource) throw new Error(`Stack ${stack} holds no parameter or resource ${logicalId}.`);
    return resource;
  };

  return scope;
}
