// The conformance server in three Lambda instances behind the local API Gateway, taken in turn: nothing can be shared.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createApiGateway } from '#local/api-gateway/api-gateway.ts';
import { bundle } from '#scripts/bundle.ts';
import { createResource, site, startFunctions } from '#test/support/local-functions.ts';

const NAMES = ['conformance-1', 'conformance-2', 'conformance-3'] as const;
const arnOf = (name: string) => `arn:aws:lambda:${site.region}:${site.account}:function:${name}`;

async function bundledServer(): Promise<string> {
  const dist = mkdtempSync(join(tmpdir(), 'portunus-conformance-'));
  try {
    const entries = { conformance: join(import.meta.dirname, 'server.ts') };
    await bundle({ dist, entries, schemas: '' });
    return readFileSync(join(dist, 'functions/conformance/index.js'), 'utf8');
  } finally {
    rmSync(dist, { recursive: true });
  }
}

export async function startConformanceServer(): Promise<{ url: string; stop: () => Promise<void> }> {
  const source = await bundledServer();
  const functions = startFunctions();
  let turn = 0;
  const lambda: typeof functions.lambda = {
    ...functions.lambda,
    invokeStreaming: (_arn, event) => {
      turn += 1;
      return functions.lambda.invokeStreaming(NAMES[turn % NAMES.length] ?? NAMES[0], event);
    },
  };
  for (const name of NAMES) await functions.add(name, source, { Timeout: 30, MemorySize: 512 });

  const gateway = createApiGateway({ site, lambda });
  const create = (type: string, id: string, properties: Record<string, unknown>) =>
    createResource(gateway.types, [`AWS::ApiGateway::${type}`, id], properties);
  const api = await create('RestApi', 'Api', {});
  const RestApiId = api.ref;
  await functions.create('AWS::Lambda::Permission', 'Permission', {
    Action: 'lambda:InvokeFunction',
    FunctionName: arnOf(NAMES[0]),
    Principal: 'apigateway.amazonaws.com',
    SourceArn: `arn:aws:execute-api:${site.region}:${site.account}:${RestApiId}/*`,
  });
  const ParentId = String(api.attributes?.RootResourceId);
  const { ref: ResourceId } = await create('Resource', 'Mcp', { RestApiId, ParentId, PathPart: 'mcp' });
  await create('Method', 'Any', {
    RestApiId,
    ResourceId,
    HttpMethod: 'ANY',
    AuthorizationType: 'NONE',
    Integration: {
      Type: 'AWS_PROXY',
      IntegrationHttpMethod: 'POST',
      Uri: `arn:aws:apigateway:${site.region}:lambda:path/2021-11-15/functions/${arnOf(NAMES[0])}/response-streaming-invocations`,
      ResponseTransferMode: 'STREAM',
      TimeoutInMillis: 30_000,
    },
  });
  const { ref: DeploymentId } = await create('Deployment', 'Deployment', { RestApiId });
  await create('Stage', 'Stage', { RestApiId, DeploymentId, StageName: 'live' });
  const { port } = await gateway.listen(0);
  return {
    url: `http://localhost:${port}/mcp`,
    async stop() {
      await gateway.stop();
      await functions.stop();
    },
  };
}
