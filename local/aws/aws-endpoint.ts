// The endpoint for all AWS calls: verifies the signature, authorises with IAM, journals the call, dispatches to the service.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Dynamo } from '#local/dynamodb/dynamodb.ts';
import type { Iam } from '#local/iam/iam.ts';
import type { Journal } from '#local/call-journal.ts';
import type { Kms } from '#local/kms/kms.ts';
import type { S3 } from '#local/s3/s3.ts';
import type { LogGroups } from '#local/logs/log-groups.ts';
import type { Secrets } from '#local/secretsmanager/secrets.ts';

import { createDynamodbService } from './dynamodb-service.ts';
import type { AwsResponse } from './engine-forward.ts';
import { createFaults, type Fault, type FaultCall, type Faults } from './injected-faults.ts';
import { createKmsService } from './kms-service.ts';
import { createS3Service } from './s3-service.ts';
import { createLogsService } from './logs-service.ts';
import { createSecretsService } from './secrets-service.ts';
import { readBody, awsError, type Service } from './aws-service.ts';
import { createSignatureCheck } from './signature.ts';

export type AwsEndpoint = {
  /** For the variables AWS_ENDPOINT_URL_<SERVICE> of all its services alike. */
  readonly url: string;
  readonly faults: Faults;
  readonly stop: () => Promise<void>;
};

// Longer than any client keeps an idle connection: a server that closes first resets the client's next call.
const KEEP_ALIVE_MS = 300_000;
const MAX_DELAY_MS = 60_000;

export async function createAwsEndpoint(options: {
  iam: Iam;
  kms: Kms;
  s3: S3;
  dynamo: Dynamo;
  secrets: Secrets;
  logGroups: LogGroups;
  journal: Journal;
}): Promise<AwsEndpoint> {
  const { iam, kms, s3, dynamo, secrets, logGroups, journal } = options;
  const faults = createFaults();
  const dynamodb = createDynamodbService({ iam, dynamo });
  const services = {
    dynamodb: dynamodb.service,
    kms: createKmsService(kms),
    s3: createS3Service({ iam, s3 }),
    secretsmanager: createSecretsService({ iam, secrets }),
    logs: createLogsService({ iam, groups: logGroups }),
  };
  const answer = createHandler({ iam, journal, services, findFault: (call) => faults.of(call) });

  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    void answer(request)
      .catch((error: unknown) =>
        awsError({ status: 500, type: 'InternalServerError', message: String(error) }),
      )
      .then((given) => respond(response, given));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    faults,
    async stop() {
      const closed = new Promise((resolve) => {
        server.close(resolve);
      });
      server.closeAllConnections();
      await closed;
      dynamodb.close();
    },
  };
}

function createHandler(options: {
  iam: Iam;
  journal: Journal;
  services: Readonly<Record<string, Service>>;
  findFault: (call: FaultCall) => Fault | undefined;
}) {
  const { journal, services, findFault } = options;
  const check = createSignatureCheck(options.iam);

  /** Returns undefined when an injected fault drops the response. */
  return async (request: IncomingMessage): Promise<AwsResponse | undefined> => {
    const body = await readBody(request);
    if (!body) return awsError({ status: 413, type: 'RequestEntityTooLargeException' });
    const { method = '', url: path = '/', headers } = request;
    const operation = operationFromTarget(headers['x-amz-target']);
    const signature = check({ method, path, headers, body });
    const { service: name } = signature;
    if (!signature.valid) {
      const rejected = { caller: 'unknown', service: name, operation, resources: [], allowed: false };
      journal.record({ at: Date.now(), ...rejected });
      return awsError({ status: 400, type: signature.type, message: signature.message });
    }
    const service = services[name];
    if (!service) return awsError({ status: 404, type: 'UnknownOperationException' });
    const call = { caller: signature.session.sessionName, service: name, operation };
    let fault: Fault | undefined;
    const { answer, ...outcome } = await service({
      accessKeyId: signature.accessKeyId,
      operation,
      method,
      path,
      headers,
      body,
      async authorised(proceed, named = operation) {
        fault = findFault({ ...call, operation: named });
        return (await beforehand(fault)) ?? proceed();
      },
    });
    journal.record({ at: Date.now(), ...call, ...outcome });
    return fault?.kind === 'lose' ? undefined : answer;
  };
}

async function beforehand(fault: Fault | undefined): Promise<AwsResponse | undefined> {
  if (fault?.kind === 'delay') await sleep(Math.min(fault.ms, MAX_DELAY_MS));
  return fault?.kind === 'error' ? awsError(fault) : undefined;
}

/** `TransactWriteItems` of `DynamoDB_20120810.TransactWriteItems`. */
const operationFromTarget = (target: string | readonly string[] | undefined) =>
  String(target ?? '').replace(/^.*\./, '');

function respond(response: ServerResponse, answer: AwsResponse | undefined): void {
  if (!answer) {
    response.socket?.destroy();
    return;
  }
  response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length });
  response.end(answer.body);
}
