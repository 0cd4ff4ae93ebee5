// Policy documents, compiled once during provisioning and evaluated on every call.
import * as z from 'zod';

import { compileConditions, type Condition } from './conditions.ts';
import { matchesAny } from './wildcard.ts';

const Strings = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());
const PrincipalBlock = z.union([
  z.literal('*'),
  z.strictObject({ AWS: Strings.optional(), Service: Strings.optional(), Federated: Strings.optional() }),
]);

const Statement = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Principal: PrincipalBlock.optional(),
  NotPrincipal: PrincipalBlock.optional(),
  Action: Strings.optional(),
  NotAction: Strings.optional(),
  Resource: Strings.optional(),
  NotResource: Strings.optional(),
  Condition: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
});

const PolicyDocument = z.strictObject({
  Version: z.string().optional(),
  Id: z.string().optional(),
  Statement: z.union([Statement, z.array(Statement)]).transform((value) => [value].flat()),
});

type Parsed = z.output<typeof Statement>;

/** The caller: a role session of `account`, or a service such as `lambda.amazonaws.com`. */
export type Principal =
  | { readonly kind: 'role'; readonly account: string; readonly roleArn: string; readonly sessionArn: string }
  | { readonly kind: 'service'; readonly name: string };

/** Match of a statement's principal: the caller itself, only its account, or none. */
type Naming = 'direct' | 'account' | 'none';

export type Compiled = {
  readonly effect: 'Allow' | 'Deny';
  readonly covers: (action: string, resource: string) => boolean;
  readonly names: (principal: Principal) => Naming;
  readonly when: Condition;
};

/**
 * An identity policy applies to its role; a resource or trust policy must name its principals.
 * @throws when the document has an element, operator or policy variable that the local IAM does not support.
 */
export function compilePolicy(
  kind: 'identity' | 'resource',
  document: unknown,
  where: string,
): readonly Compiled[] {
  const parsed = PolicyDocument.safeParse(document);
  if (!parsed.success) throw new Error(`IAM policy of ${where}: ${z.prettifyError(parsed.error)}`);
  if (parsed.data.Statement.some((statement) => named(statement) !== (kind === 'resource'))) {
    throw new Error(
      `IAM policy of ${where}: a principal belongs in every statement of a resource's policy only`,
    );
  }
  try {
    return parsed.data.Statement.map(compile);
  } catch (error) {
    throw new Error(`IAM policy of ${where}: ${(error as Error).message}`, { cause: error });
  }
}

const named = ({ Principal: is, NotPrincipal: isNot }: Parsed) => is !== undefined || isNot !== undefined;

function compile(statement: Parsed): Compiled {
  const actions = either(statement.Action, statement.NotAction, { ignoreCase: true });
  const resources = either(statement.Resource, statement.NotResource, {});
  return {
    effect: statement.Effect,
    covers: (action, resource) => actions(action) && resources(resource),
    names: naming(statement),
    when: compileConditions(statement.Condition ?? {}),
  };
}

function either(
  wanted: readonly string[] | undefined,
  unwanted: readonly string[] | undefined,
  options: { ignoreCase?: boolean },
) {
  if (wanted) return matchesAny(wanted, options);
  if (!unwanted) return () => true; // trust policies have no Resource
  const excluded = matchesAny(unwanted, options);
  return (value: string) => !excluded(value);
}

function naming({ Principal: wanted, NotPrincipal: unwanted }: Parsed): (principal: Principal) => Naming {
  if (wanted) return (principal) => namedBy(wanted, principal);
  if (!unwanted) return () => 'direct';
  return (principal) => (namedBy(unwanted, principal) === 'none' ? 'direct' : 'none');
}

function namedBy(block: z.output<typeof PrincipalBlock>, principal: Principal): Naming {
  if (block === '*') return 'direct';
  if (principal.kind === 'service') return block.Service?.includes(principal.name) ? 'direct' : 'none';
  const { account, roleArn, sessionArn } = principal;
  const names = block.AWS ?? [];
  if (names.some((name) => name === '*' || name === roleArn || name === sessionArn)) return 'direct';
  return names.includes(account) || names.includes(`arn:aws:iam::${account}:root`) ? 'account' : 'none';
}
