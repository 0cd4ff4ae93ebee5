// One declared function → one Lambda whose role holds exactly its needs.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { Duration } from 'aws-cdk-lib';
import { PolicyStatement, type Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  Function as LambdaFunction,
  type FunctionProps,
  LoggingFormat,
  RecursiveLoop,
  Runtime,
  SystemLogLevel,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

import type { Need } from '#functions/needs.ts';

import { acknowledge } from './acknowledge.ts';
import { archivePrefixes, grant, type Grantable } from './grants.ts';
import { InlineRole } from './inline-role.ts';

export type FunctionSite = Grantable & {
  /** Folder that contains one folder per bundled function. */
  readonly bundles: string;
  /** Log group of the stack of the function. */
  readonly logGroup: LogGroup;
};
export type FunctionSpec = {
  readonly name: string;
  readonly needs: readonly Need[];
  readonly description: string;
  readonly timeoutSeconds?: number | undefined;
  readonly memoryMiB?: number;
  /** Executions that no other function can use, and more than which this one cannot have. Default: none reserved. */
  readonly reservedConcurrency?: number | undefined;
  /** Its event source mapping keeps failed events. */
  readonly consumesStream?: true;
  /** For event consumers: destination of failed events. */
  readonly asynchronous?: Pick<FunctionProps, 'onFailure' | 'maxEventAge' | 'retryAttempts'>;
};

/** CPU scales with memory: the cold start budget was measured with 512 MiB. */
const MEMORY_MIB = 512;

/** Export of the ARN of the audit bucket, as findings name it. */
const BUCKET_EXPORT = 'ExportsOutputFnGetAttAuditBucketB01E0AE8Arn7D5F088E';

/** Reason for a finding. */
export const UNTRACED = 'The operator of the stage switched tracing off.';

export function createFunction(scope: Construct, site: FunctionSite, spec: FunctionSpec): LambdaFunction {
  const { config, logGroup } = site;
  const isTraced = config.tracing === 'sampled';
  const role = roleOf(scope, { name: spec.name, logGroup, isTraced });
  const fn = new LambdaFunction(scope, spec.name, {
    functionName: `portunus-${config.stage}-${spec.name}`,
    description: spec.description,
    code: Code.fromAsset(bundleOf(site.bundles, spec.name)),
    handler: 'index.handler',
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: spec.memoryMiB ?? MEMORY_MIB,
    timeout: Duration.seconds(spec.timeoutSeconds ?? 10),
    reservedConcurrentExecutions: spec.reservedConcurrency,
    environment: { STAGE: config.stage, POWERTOOLS_SERVICE_NAME: spec.name },
    role,
    logGroup,
    loggingFormat: LoggingFormat.JSON,
    // Without the lines START and REPORT of each invocation: metrics count the same.
    systemLogLevelV2: SystemLogLevel.WARN,
    tracing: isTraced ? Tracing.ACTIVE : Tracing.DISABLED,
    recursiveLoop: RecursiveLoop.TERMINATE,
    ...spec.asynchronous,
  });
  const { statements, environment } = grant(spec.needs, site);
  for (const statement of statements) role.addToPolicy(statement);
  for (const prefix of archivePrefixes(spec.needs)) {
    const id = `AwsSolutions-IAM5[Resource::${site.data.stackName}:${BUCKET_EXPORT}/${prefix}]`;
    acknowledge(role, { [id]: 'Objects of the audit bucket are named by their prefix.' });
  }
  for (const [name, value] of Object.entries(environment)) fn.addEnvironment(name, value);
  acknowledge(fn, {
    'Serverless-LambdaDLQ':
      spec.asynchronous || spec.consumesStream
        ? 'A failure destination takes failed events.'
        : 'Invoked synchronously: every failure is returned to the caller.',
    ...(!isTraced && { 'Serverless-LambdaTracing': UNTRACED }),
  });
  return fn;
}

/** Replaces AWS's managed policy, which allows writes to every log group of the account. */
function roleOf(
  scope: Construct,
  { name, logGroup, isTraced }: { name: string; logGroup: LogGroup; isTraced: boolean },
): Role {
  const role = new InlineRole(scope, `${name}-role`, {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    description: `What ${name} may do: the needs it declares`,
  });
  role.addToPolicy(
    new PolicyStatement({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroup.logGroupArn],
    }),
  );
  if (!isTraced) return role;
  const tracing = 'X-Ray has no resources: its two write actions take only "*".';
  acknowledge(role, {
    'AwsSolutions-IAM5[Resource::*]': tracing,
    'Serverless-LambdaStarPermissions': tracing,
  });
  return role;
}

function bundleOf(bundles: string, name: string): string {
  const folder = join(bundles, name);
  if (existsSync(join(folder, 'index.js'))) return folder;
  throw new Error(`No bundle for ${name} in ${bundles}. Run \`npm run build\` first.`);
}
