// API Gateway: the template's REST API, served at the root of its host as behind a custom domain.
import type { ResourceTypes, Site } from '#local/cloudformation/resource-type.ts';
import type { Lambda } from '#local/lambda/lambda.ts';
import { type Listening, listen } from '#local/listen.ts';

import { createApiResources } from './resource-types.ts';
import { createGatewayServer } from './gateway-server.ts';

export type ApiGateway = {
  /** AWS::ApiGateway::RestApi, Resource, Method, Authorizer, Model, RequestValidator, GatewayResponse, Deployment, Stage, Account. */
  readonly types: ResourceTypes;
  /** Serves what the stage's deployment holds. Port 0 takes a free one. */
  readonly listen: (port: number) => Promise<{ url: string; port: number }>;
  /** Closes the server and its open connections. */
  readonly stop: () => Promise<void>;
};

export type ApiGatewayOptions = {
  readonly site: Site;
  readonly lambda: Lambda;
  readonly now?: () => number;
};

export function createApiGateway({ site, lambda, now = Date.now }: ApiGatewayOptions): ApiGateway {
  const resources = createApiResources();
  let listening: Listening | undefined;
  return {
    types: resources.types,
    async listen(port) {
      const deployed = resources.deployedStage();
      if (deployed === undefined) throw new Error('The template deploys no stage of a REST API.');
      listening = await listen(createGatewayServer({ site, deployed, lambda, now }), port);
      return { url: `http://127.0.0.1:${listening.port}`, port: listening.port };
    },
    stop: async () => listening?.close(),
  };
}
