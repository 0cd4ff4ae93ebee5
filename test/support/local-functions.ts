// Functions for tests of the local Lambda and API Gateway: handlers given as source text, an assembly of their own.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Created, ResourceTypes } from '#local/cloudformation/resource-type.ts';
import { createLambda, type Lambda, type LambdaOptions } from '#local/lambda/lambda.ts';

export const site = { account: '000000000000', region: 'eu-central-1' };

export type TestFunctions = {
  readonly lambda: Lambda;
  readonly create: (type: string, logicalId: string, properties: Record<string, unknown>) => Promise<Created>;
  readonly add: (name: string, source: string, properties?: Record<string, unknown>) => Promise<Created>;
  readonly stop: () => Promise<void>;
};

/** Creates a resource as the provisioner does. */
export async function createResource(
  types: ResourceTypes,
  [type, logicalId]: readonly [string, string],
  properties: Record<string, unknown>,
): Promise<Created> {
  const resource = types[type];
  if (resource === undefined) throw new Error(`No local part for ${type}.`);
  return resource.create({ site, stack: 'Test', logicalId, physicalName: `Test-${logicalId}`, properties });
}

export function startFunctions(options: Partial<LambdaOptions> = {}): TestFunctions {
  const assembly = mkdtempSync(path.join(tmpdir(), 'portunus-functions-'));
  const files: Record<string, unknown> = {};
  const lambda = createLambda({
    site,
    assembly,
    credentialsFor: (roleArn, sessionName) => ({
      accessKeyId: `ASIA-${sessionName}`,
      secretAccessKey: 'secret',
      sessionToken: roleArn,
    }),
    endpoints: { AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1' },
    ...options,
  });
  const create: TestFunctions['create'] = (type, logicalId, properties) =>
    createResource(lambda.types, [type, logicalId], properties);
  return {
    lambda,
    create,
    add(name, source, properties = {}) {
      const folder = `asset.${name}`;
      mkdirSync(path.join(assembly, folder));
      writeFileSync(path.join(assembly, folder, 'index.js'), source);
      files[name] = {
        source: { path: folder, packaging: 'zip' },
        destinations: { here: { objectKey: `${name}.zip` } },
      };
      writeFileSync(path.join(assembly, `${name}.assets.json`), JSON.stringify({ files }));
      return create('AWS::Lambda::Function', name, {
        Code: { S3Bucket: 'assets', S3Key: `${name}.zip` },
        Runtime: 'nodejs24.x',
        Handler: 'index.handler',
        Role: `arn:aws:iam::${site.account}:role/${name}`,
        FunctionName: name,
        ...properties,
      });
    },
    async stop() {
      await lambda.stop();
      rmSync(assembly, { recursive: true });
    },
  };
}
