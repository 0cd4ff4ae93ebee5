// A function as its template declares it, checked the way the Lambda API checks it.
import * as z from 'zod';

import type { ResourceRequest } from '#local/cloudformation/resource-type.ts';

import { checkVariables } from './environment-variables.ts';

export type FunctionConfig = {
  readonly name: string;
  readonly arn: string;
  readonly logicalId: string;
  readonly roleArn: string;
  readonly handler: string;
  readonly codeFolder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMiB: number;
  readonly timeoutSeconds: number;
  readonly maxInstances: number;
  readonly logGroup: string;
  readonly logFormat: 'Text' | 'JSON';
  readonly logLevel: string | undefined;
};

/** CloudFormation hands numbers over as numbers or as digits. */
const Count = z.coerce.number().int();

const Properties = z.object({
  Code: z.object({ S3Bucket: z.string(), S3Key: z.string() }),
  Runtime: z.literal('nodejs24.x'),
  Handler: z.string(),
  Role: z.string(),
  FunctionName: z.string().max(64).optional(),
  Environment: z.object({ Variables: z.record(z.string(), z.string()).optional() }).optional(),
  MemorySize: Count.min(128).max(10_240).default(128),
  Timeout: Count.min(1).max(900).default(3),
  ReservedConcurrentExecutions: Count.min(0).optional(),
  LoggingConfig: z
    .object({
      LogFormat: z.enum(['Text', 'JSON']).default('Text'),
      LogGroup: z.string().optional(),
      ApplicationLogLevel: z.string().optional(),
      SystemLogLevel: z.string().optional(),
    })
    .optional(),
});

export type FunctionSurroundings = {
  /** S3 key of an asset → the folder that holds it. */
  readonly assetFolder: (s3Key: string) => string;
  /** Instances of one function at a time where the template reserves no number. */
  readonly maxInstances: number;
};

export function parseFunctionConfig(
  request: ResourceRequest,
  { assetFolder, maxInstances }: FunctionSurroundings,
): FunctionConfig {
  const properties = Properties.parse(request.properties);
  const name = properties.FunctionName ?? request.physicalName;
  const environment = properties.Environment?.Variables ?? {};
  checkVariables(name, environment);
  return {
    name,
    arn: `arn:aws:lambda:${request.site.region}:${request.site.account}:function:${name}`,
    logicalId: request.logicalId,
    roleArn: properties.Role,
    handler: properties.Handler,
    codeFolder: assetFolder(properties.Code.S3Key),
    environment,
    memoryMiB: properties.MemorySize,
    timeoutSeconds: properties.Timeout,
    maxInstances: properties.ReservedConcurrentExecutions ?? maxInstances,
    logGroup: properties.LoggingConfig?.LogGroup ?? `/aws/lambda/${name}`,
    logFormat: properties.LoggingConfig?.LogFormat ?? 'Text',
    logLevel: properties.LoggingConfig?.ApplicationLogLevel,
  };
}
