// Lambda: the template's functions, one process per instance, running AWS's own runtime client.
import { randomBytes, randomUUID } from 'node:crypto';

import type { ResourceTypes } from '#local/cloudformation/resource-type.ts';

import { type Invocation, readBufferedResponse } from './buffered-response.ts';
import { createDeployments, type DeploymentOptions } from './deployments.ts';
import { LambdaRejection } from './function-error.ts';
import type { FunctionConfig } from './function-config.ts';
import { createFunctionLogs, type LogLine } from './function-logs.ts';
import { createPermissions, type InvokeRequest } from './permissions.ts';
import type { Answer } from './runtime-api.ts';
import { readStreamedResponse, type StreamedInvocation } from './streamed-response.ts';

export type Lambda = {
  readonly types: ResourceTypes;
  /** Resolves with the complete response; a failing function is a result. @throws {LambdaRejection} when the Lambda API rejects. */
  readonly invoke: (nameOrArn: string, payload: unknown) => Promise<Invocation>;
  /** Resolves with the prelude; the body follows as the function writes it. */
  readonly invokeStreaming: (nameOrArn: string, payload: unknown) => Promise<StreamedInvocation>;
  /** True if the function's resource policy allows this service to invoke it on behalf of this source. */
  readonly mayInvoke: (request: InvokeRequest) => boolean;
  readonly functions: () => readonly FunctionConfig[];
  readonly logs: () => readonly LogLine[];
  /** Adds a line to the log group of a function, as if the function had written it. */
  readonly addLogLine: (functionName: string, line: string) => void;
  readonly stop: () => Promise<void>;
};

export type LambdaOptions = DeploymentOptions & {
  /** Receives each line that a function writes. */
  readonly log?: (line: string) => void;
  /** Receives the same lines, for the log group of the function. */
  readonly onLogLine?: (config: FunctionConfig, line: string) => void;
};

const EVENT_LIMIT = 6 * 1024 * 1024;

export function createLambda(options: LambdaOptions): Lambda {
  const { log, onLogLine = () => undefined } = options;
  const logs = createFunctionLogs((functionName, line) => {
    log?.(`${functionName} ${line}`);
    onLogLine(deployments.find(functionName).config, line);
  });
  const deployments = createDeployments(options, logs);
  const permissions = createPermissions();

  async function run(nameOrArn: string, event: unknown): Promise<Answer> {
    const { config, pool } = deployments.find(nameOrArn);
    const payload = JSON.stringify(event ?? null);
    if (Buffer.byteLength(payload) > EVENT_LIMIT) {
      const message = `Request must be smaller than ${EVENT_LIMIT} bytes for the InvokeFunction operation`;
      throw new LambdaRejection('RequestTooLargeException', message);
    }
    return pool.run({ requestId: randomUUID(), functionArn: config.arn, traceId: traceId(), payload });
  }

  return {
    types: {
      'AWS::Lambda::Function': deployments.type,
      'AWS::Lambda::Permission': permissions.type,
    },
    invoke: async (nameOrArn, event) => readBufferedResponse(await run(nameOrArn, event)),
    invokeStreaming: async (nameOrArn, event) => readStreamedResponse(await run(nameOrArn, event)),
    mayInvoke: permissions.mayInvoke,
    functions: deployments.all,
    logs: logs.all,
    addLogLine: logs.add,
    stop: deployments.stop,
  };
}

function traceId(): string {
  const seconds = Math.floor(Date.now() / 1000).toString(16);
  return `Root=1-${seconds}-${randomBytes(12).toString('hex')};Parent=${randomBytes(8).toString('hex')};Sampled=0`;
}
