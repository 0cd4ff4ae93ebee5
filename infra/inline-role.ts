// Role with all its statements inline: a separate AWS::IAM::Policy for each role would take a tenth of a stack's 500 resources.
import {
  type AddToPrincipalPolicyResult,
  PolicyDocument,
  type PolicyStatement,
  Role,
  type RoleProps,
} from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

/**
 * Must differ from the names of the policies that were resources of their own: CloudFormation deletes those by role and name,
 * after the role has its inline policy.
 */
const POLICY_NAME = 'needs';

/**
 * Also takes the statements that constructs of the CDK add to a role.
 *
 * Its policy is created with the role, so no statement may refer to a resource that refers to the role: name such a resource
 * with `formatArn` instead. Statements are not split over several policies: see the test of the 10,240 characters.
 */
export class InlineRole extends Role {
  private readonly statements: PolicyDocument;

  constructor(scope: Construct, id: string, props: Omit<RoleProps, 'inlinePolicies'>) {
    const statements = new PolicyDocument();
    super(scope, id, { ...props, inlinePolicies: { [POLICY_NAME]: statements } });
    this.statements = statements;
  }

  override addToPrincipalPolicy(statement: PolicyStatement): AddToPrincipalPolicyResult {
    this.statements.addStatements(statement);
    return { statementAdded: true, policyDependable: this };
  }
}
