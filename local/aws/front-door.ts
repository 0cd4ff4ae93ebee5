// The one address that stands for AWS: checks who signed and whether they may, writes the journal, hands the call on.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Dynamo } from '#local/dynamodb/dynamodb.ts';
import type { Iam } from '#local/iam/iam.ts';
import type { Journal } from '#local/journal.ts';
import type { Kms } from '#local/kms/kms.ts';
import type { Secrets } from '#local/secretsmanager/secrets.ts';

import { createDynamodbService } from './dynamodb-service.ts';
import type { Answer } from './engine-forward.ts';
import { createFaults, type Fault, type FaultCall, type Faults } from './faults.ts';
import { createKmsService } from './kms-service.ts';
import { createSecretsService } from './secrets-service.ts';
import { readBody, refusal, type Service } from './service.ts';
import { createSignatureCheck } from './signature.ts';

export type FrontDoor = {
  /** For AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL_KMS and AWS_ENDPOINT_URL_SECRETS_MANAGER alike. */
  readonly url: string;
  readonly faults: Faults;
  readonly stop: () => Promise<void>;
};

// Longer than any client keeps an idle connection: a server that closes first turns the next call into a reset.
const KEEP_ALIVE_MS = 300_000;
const MAX_DELAY_MS = 60_000;

export async function createFrontDoor(options: {
  iam: Iam;
  kms: Kms;
  dynamo: Dynamo;
  secrets: Secrets;
  journal: Journal;
}): Promise<FrontDoor> {
  const { iam, kms, dynamo, secrets, journal } = options;
  const faults = createFaults();
  const dynamodb = createDynamodbService({ iam, dynamo });
  const services = {
    dynamodb: dynamodb.service,
    kms: createKmsService(kms),
    secretsmanager: createSecretsService({ iam, secrets }),
  };
  const answer = createAnswer({ iam, journal, services, faultOf: (call) => faults.of(call) });

  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    void answer(request)
      .catch((error: unknown) =>
        refusal({ status: 500, type: 'InternalServerError', message: String(error) }),
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

function createAnswer(options: {
  iam: Iam;
  journal: Journal;
  services: Readonly<Record<string, Service>>;
  faultOf: (call: FaultCall) => Fault | undefined;
}) {
  const { journal, services, faultOf } = options;
  const check = createSignatureCheck(options.iam);

  /** Undefined: the answer is lost on the way. */
  return async (request: IncomingMessage): Promise<Answer | undefined> => {
    const body = await readBody(request);
    if (!body) return refusal({ status: 413, type: 'RequestEntityTooLargeException' });
    const { method = '', url: path = '/', headers } = request;
    const operation = operationOf(headers['x-amz-target']);
    const signature = check({ method, path, headers, body });
    const { service: name } = signature;
    if (!signature.valid) {
      const refused = { caller: 'unknown', service: name, operation, resources: [], allowed: false };
      journal.record({ at: Date.now(), ...refused });
      return refusal({ status: 400, type: signature.type, message: signature.message });
    }
    const service = services[name];
    if (!service) return refusal({ status: 404, type: 'UnknownOperationException' });
    const call = { caller: signature.session.sessionName, service: name, operation };
    let fault: Fault | undefined;
    const { answer, ...seen } = await service({
      accessKeyId: signature.accessKeyId,
      operation,
      headers,
      body,
      async authorised(proceed) {
        fault = faultOf(call);
        return (await beforehand(fault)) ?? proceed();
      },
    });
    journal.record({ at: Date.now(), ...call, ...seen });
    return fault?.kind === 'lose' ? undefined : answer;
  };
}

async function beforehand(fault: Fault | undefined): Promise<Answer | undefined> {
  if (fault?.kind === 'delay') await sleep(Math.min(fault.ms, MAX_DELAY_MS));
  return fault?.kind === 'refuse' ? refusal(fault) : undefined;
}

/** `TransactWriteItems` of `DynamoDB_20120810.TransactWriteItems`. */
const operationOf = (target: string | readonly string[] | undefined) =>
  String(target ?? '').replace(/^.*\./, '');

function respond(response: ServerResponse, answer: Answer | undefined): void {
  if (!answer) {
    response.socket?.destroy();
    return;
  }
  response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length });
  response.end(answer.body);
}
