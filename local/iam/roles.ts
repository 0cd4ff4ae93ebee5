// Roles and the policies attached to them, from the template.
import * as z from 'zod';

import type {
  ResourceRequest,
  ResourceType,
  ResourceTypes,
  Site,
} from '#local/cloudformation/resource-type.ts';

import { foldContext } from './conditions.ts';
import { AWS_MANAGED_POLICIES } from './managed-policies.ts';
import { type Compiled, compilePolicy, type Principal } from './statement.ts';

export type Role = {
  readonly name: string;
  readonly arn: string;
  readonly trustsLambda: () => boolean;
  readonly statements: readonly Compiled[];
};

type Attached = Role & { readonly statements: Compiled[] };

const Inline = z.object({ PolicyName: z.string(), PolicyDocument: z.unknown() });
const RoleProperties = z.object({
  AssumeRolePolicyDocument: z.unknown(),
  ManagedPolicyArns: z.array(z.string()).default([]),
  Path: z.string().default('/'),
  Policies: z.array(Inline).default([]),
});
const PolicyProperties = z.object({
  PolicyDocument: z.unknown(),
  Roles: z.array(z.string()).default([]),
});

const LABEL = 'documentation';

export function createRoles(site: Site) {
  const byArn = new Map<string, Attached>();
  const byName = new Map<string, Attached>();
  const managed = new Map<string, readonly Compiled[]>(
    Object.entries(AWS_MANAGED_POLICIES).map(([arn, document]) => [
      arn,
      compilePolicy('identity', document, arn),
    ]),
  );

  function createRole({ physicalName: name, properties }: ResourceRequest) {
    const { AssumeRolePolicyDocument, ManagedPolicyArns, Path, Policies } = RoleProperties.parse(properties);
    const attached = ManagedPolicyArns.map((arn) => {
      const statements = managed.get(arn);
      if (!statements)
        throw new Error(`Role ${name}: managed policy ${arn} is not supported by the local stack`);
      return statements;
    });
    const own = Policies.flatMap((policy) => [
      ...compilePolicy('identity', policy.PolicyDocument, `role ${name}, ${policy.PolicyName}`),
    ]);
    own.push(...attached.flat());
    const trust = compilePolicy('resource', AssumeRolePolicyDocument, `role ${name}, trust`);
    const role: Attached = {
      name,
      arn: `arn:aws:iam::${site.account}:role${Path}${name}`,
      trustsLambda: () => lambdaMayAssume(trust, site),
      statements: own,
    };
    byArn.set(role.arn, role);
    byName.set(name, role);
    return { ref: name, attributes: { Arn: role.arn, RoleId: `AROA${name}` } };
  }

  function attach({ physicalName: name, properties }: ResourceRequest) {
    const { PolicyDocument, Roles } = PolicyProperties.parse(properties);
    const statements = compilePolicy('identity', PolicyDocument, `policy ${name}`);
    for (const roleName of Roles) {
      const role = byName.get(roleName);
      if (!role) throw new Error(`Policy ${name}: role ${roleName} does not exist`);
      role.statements.push(...statements);
    }
    return { name, statements };
  }

  function createManagedPolicy(request: ResourceRequest) {
    const { name, statements } = attach(request);
    const arn = `arn:aws:iam::${site.account}:policy/${name}`;
    managed.set(arn, statements);
    return { ref: arn, attributes: { PolicyArn: arn } };
  }

  const types = roleTypes({
    role: createRole,
    policy: (request) => ({ ref: attach(request).name }),
    managedPolicy: createManagedPolicy,
  });
  return { types, byArn: (arn: string): Role | undefined => byArn.get(arn) };
}

function roleTypes(
  create: Record<'role' | 'policy' | 'managedPolicy', ResourceType['create']>,
): ResourceTypes {
  return {
    'AWS::IAM::Role': {
      honours: ['AssumeRolePolicyDocument', 'ManagedPolicyArns', 'Path', 'Policies', 'RoleName'],
      ignores: {
        Description: LABEL,
        Tags: LABEL,
        MaxSessionDuration: 'local sessions last as long as the stack',
      },
      create: create.role,
    },
    'AWS::IAM::Policy': { honours: ['PolicyName', 'PolicyDocument', 'Roles'], create: create.policy },
    'AWS::IAM::ManagedPolicy': {
      honours: ['ManagedPolicyName', 'PolicyDocument', 'Roles'],
      ignores: { Description: LABEL, Path: LABEL },
      create: create.managedPolicy,
    },
  };
}

function lambdaMayAssume(trust: readonly Compiled[], { account }: Site): boolean {
  const lambda: Principal = { kind: 'service', name: 'lambda.amazonaws.com' };
  const context = foldContext({ 'aws:SourceAccount': account });
  return trust.some(
    ({ effect, covers, names, when }) =>
      effect === 'Allow' && covers('sts:AssumeRole', '') && names(lambda) === 'direct' && when(context),
  );
}
