// IAM: the template's roles and key policies, evaluated as AWS does within one account.
import { randomBytes } from 'node:crypto';

import type { ResourceTypes, Site } from '#local/cloudformation/resource-type.ts';

import { type Context, foldContext } from './conditions.ts';
import { createRoles } from './roles.ts';
import { type Compiled, compilePolicy, type Principal } from './statement.ts';

/** `message` is AWS's own wording. */
type Verdict = { readonly allowed: true } | { readonly allowed: false; readonly message: string };

type Ask = {
  /** Access key id of the calling session. Without it the caller is `roleArn`, as for a pipe. */
  readonly accessKeyId?: string;
  readonly roleArn?: string;
  /** As in `kms:Decrypt`. */
  readonly action: string;
  readonly resource: string;
  readonly context?: Context;
  /** A key policy, which must allow the call too: itself or by delegating to the account. */
  readonly resourcePolicy?: object;
};

export type Session = {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
};

type Credentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
};

export type Iam = {
  readonly types: ResourceTypes;
  /**
   * New credentials of a role session, as Lambda gives a function; `sessionName` is the caller's name in the journal.
   * @throws when the role does not exist or does not trust Lambda.
   */
  readonly credentialsFor: (roleArn: string, sessionName: string) => Credentials;
  readonly sessionByAccessKey: (accessKeyId: string) => Session | undefined;
  readonly authorize: (ask: Ask) => Verdict;
  /** @throws for a policy that `authorize` could not evaluate; a part calls it when it creates the resource. */
  readonly checkResourcePolicy: (policy: object, where: string) => void;
};

export function createIam(site: Site): Iam {
  const roles = createRoles(site);
  const sessions = new Map<string, Session>();
  // Keyed by identity: a part hands in the same parsed policy with every call.
  const resourcePolicies = new WeakMap<object, readonly Compiled[]>();

  function credentialsFor(roleArn: string, sessionName: string): Credentials {
    const role = roles.byArn(roleArn);
    if (!role) throw new Error(`Role ${roleArn} does not exist`);
    if (!role.trustsLambda()) {
      throw new Error(`The role defined for the function cannot be assumed by Lambda: ${roleArn}`);
    }
    const accessKeyId = `ASIA${randomBytes(8).toString('hex').toUpperCase()}`;
    const secretAccessKey = randomBytes(30).toString('base64url');
    const sessionToken = randomBytes(60).toString('base64');
    sessions.set(accessKeyId, { roleArn, sessionName, secretAccessKey, sessionToken });
    return { accessKeyId, secretAccessKey, sessionToken };
  }

  function compiled(policy: object, where: string): readonly Compiled[] {
    const known = resourcePolicies.get(policy);
    if (known) return known;
    const fresh = compilePolicy('resource', policy, where);
    resourcePolicies.set(policy, fresh);
    return fresh;
  }

  function authorize(ask: Ask): Verdict {
    const session = ask.accessKeyId === undefined ? undefined : sessions.get(ask.accessKeyId);
    const roleArn = ask.accessKeyId === undefined ? ask.roleArn : session?.roleArn;
    const role = roleArn === undefined ? undefined : roles.byArn(roleArn);
    if (!role) return { allowed: false, message: 'The security token included in the request is invalid.' };
    const sessionArn = `arn:aws:sts::${site.account}:assumed-role/${role.name}/${session?.sessionName ?? 'session'}`;
    const principal: Principal = { kind: 'role', account: site.account, roleArn: role.arn, sessionArn };
    const context = foldContext({
      'aws:PrincipalArn': role.arn,
      'aws:PrincipalAccount': site.account,
      'aws:RequestedRegion': site.region,
      'aws:SecureTransport': 'true', // AWS is reached over TLS; loopback counts as such
      ...ask.context,
    });
    const applying = (statements: readonly Compiled[]) =>
      statements.filter(
        ({ covers, names, when }) =>
          covers(ask.action, ask.resource) && names(principal) !== 'none' && when(context),
      );
    const why = denialReason({
      action: ask.action,
      identity: applying(role.statements),
      resource:
        ask.resourcePolicy === undefined ? undefined : applying(compiled(ask.resourcePolicy, ask.resource)),
      namedDirectly: ({ names }) => names(principal) === 'direct',
    });
    if (why === undefined) return { allowed: true };
    const text = `User: ${sessionArn} is not authorized to perform: ${ask.action} on resource: ${ask.resource} ${why}`;
    return { allowed: false, message: text };
  }

  const sessionByAccessKey = (accessKeyId: string) => sessions.get(accessKeyId);
  return { types: roles.types, credentialsFor, sessionByAccessKey, authorize, checkResourcePolicy: compiled };
}

type Applying = {
  readonly action: string;
  readonly identity: readonly Compiled[];
  /** Absent: the resource has no policy of its own. */
  readonly resource: readonly Compiled[] | undefined;
  readonly namedDirectly: (statement: Compiled) => boolean;
};

const denies = ({ effect }: Compiled) => effect === 'Deny';
const allows = ({ effect }: Compiled) => effect === 'Allow';

/** An explicit deny wins; the key policy must allow, and where it delegates to the account the identity policy must too. */
function denialReason({ action, identity, resource, namedDirectly }: Applying): string | undefined {
  if (identity.some(denies)) return 'with an explicit deny in an identity-based policy';
  if (resource?.some(denies)) return 'with an explicit deny in a resource-based policy';
  if (resource) {
    const allowing = resource.filter(allows);
    if (allowing.length === 0) return `because no resource-based policy allows the ${action} action`;
    if (allowing.some(namedDirectly)) return undefined;
  }
  return identity.some(allows) ? undefined : `because no identity-based policy allows the ${action} action`;
}
