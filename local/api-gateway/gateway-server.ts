// A deployed stage behind a port: route, throttle, body, authorizer, validation, integration, in this order.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import type { Site } from '#local/cloudformation/resource-type.ts';
import type { Lambda } from '#local/lambda/lambda.ts';

import { type Authorize, createAuthorize } from './authorization.ts';
import { type Call, createCall, requireMatch, headerValue } from './api-call.ts';
import { contextVariables } from './context-variables.ts';
import { createSendGatewayError, type SendGatewayError } from './gateway-response.ts';
import { answerMock } from './mock-integration.ts';
import type { EventSite } from './proxy-event.ts';
import { answerBuffered } from './proxy-integration.ts';
import { GatewayError } from './gateway-error.ts';
import { readBody } from './request-body.ts';
import { validateRequest } from './request-validation.ts';
import type { DeployedStage } from './resource-types.ts';
import { createRouteTable, type Match, type RouteTable } from './route-table.ts';
import { answerStreaming } from './streaming-integration.ts';
import { createThrottle, type Throttle } from './throttle.ts';

export type ServerOptions = {
  readonly site: Site;
  readonly deployed: DeployedStage;
  readonly lambda: Lambda;
  readonly now: () => number;
};

type Gateway = {
  readonly deployed: DeployedStage;
  readonly site: EventSite;
  readonly lambda: Lambda;
  readonly routes: RouteTable;
  readonly throttle: Throttle;
  readonly authorize: Authorize;
  readonly sendGatewayError: SendGatewayError;
};

/** All headers of a request together, on AWS. */
const HEADER_LIMIT = 10_240;

export function createGatewayServer({ site, deployed, lambda, now }: ServerOptions): Server {
  const { stage, snapshot } = deployed;
  const eventSite: EventSite = {
    ...site,
    apiId: deployed.apiId,
    stageName: stage.StageName,
    stageVariables: stage.Variables,
  };
  const gateway: Gateway = {
    deployed,
    site: eventSite,
    lambda,
    routes: createRouteTable(snapshot.methods),
    throttle: createThrottle(stage.MethodSettings, now),
    authorize: createAuthorize({ site: eventSite, authorizers: snapshot.authorizers, lambda, now }),
    sendGatewayError: createSendGatewayError(snapshot.gatewayResponses, eventSite),
  };
  const server = createServer(
    { maxHeaderSize: HEADER_LIMIT, keepAliveTimeout: 60_000 },
    (request, response) => {
      // A client that disconnects does not stop the function, as on AWS.
      response.on('error', () => {});
      void handle(gateway, request, response);
    },
  );
  return server;
}

async function handle(gateway: Gateway, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const call = createCall(request);
  try {
    await serve(gateway, call, { request, response });
  } catch (error) {
    request.resume();
    if (response.headersSent || request.errored) {
      response.destroy(); // the status was already sent, or the client is gone
      return;
    }
    if (!(error instanceof GatewayError)) console.error('The local gateway failed:', error);
    gateway.sendGatewayError(
      call,
      response,
      error instanceof GatewayError ? error : new GatewayError('DEFAULT_5XX'),
    );
  }
}

type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse };

async function serve(gateway: Gateway, call: Call, { request, response }: Exchange): Promise<void> {
  call.match = findRoute(gateway.routes, call);
  const { resource, method } = call.match;
  if (!gateway.throttle.admits(resource.path, method.HttpMethod)) throw new GatewayError('THROTTLED');
  call.body = await readBody(request);
  await gateway.authorize(call);
  validateRequest(call, gateway.deployed.snapshot);
  await integrate(gateway, call, response);
}

/** Unknown route with an Authorization header: AWS rejects the header as a malformed SigV4 signature and quotes it. */
function findRoute(routes: RouteTable, call: Call): Match {
  const match = routes.find(call.method, call.path);
  if (match !== undefined) return match;
  const header = headerValue(call.headers, 'authorization');
  if (header === undefined) throw new GatewayError('MISSING_AUTHENTICATION_TOKEN');
  const complaint = `not a valid key=value pair (missing equal-sign) in Authorization header: '${header}'.`;
  throw new GatewayError('INVALID_SIGNATURE', `'${header.split(' ').at(-1)}' ${complaint}`);
}

async function integrate(gateway: Gateway, call: Call, response: ServerResponse): Promise<void> {
  const { Integration } = requireMatch(call).method;
  if (Integration.Type === 'MOCK') {
    answerMock({ call, variables: contextVariables(call, gateway.site) }, response, Integration);
  } else if (Integration.ResponseTransferMode === 'STREAM') {
    await answerStreaming(gateway, { call, response }, Integration);
  } else {
    await answerBuffered(gateway, { call, response }, Integration);
  }
}
