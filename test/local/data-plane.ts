// Brings up the local data plane for a test: resources are created as the template would create them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createAwsEndpoint } from '#local/aws/aws-endpoint.ts';
import type { Created, ResourceTypes } from '#local/cloudformation/resource-type.ts';
import { createDynamo, type DynamoEngine, missingFor } from '#local/dynamodb/dynamodb.ts';
import { createIam } from '#local/iam/iam.ts';
import { createJournal } from '#local/call-journal.ts';
import { createLogGroups } from '#local/logs/log-groups.ts';
import { createKms } from '#local/kms/kms.ts';
import { createS3 } from '#local/s3/s3.ts';
import { createSecrets } from '#local/secretsmanager/secrets.ts';

export const site = { account: '000000000000', region: 'eu-central-1' };

/** Both engines; one that this machine lacks says why in its title, and its tests are skipped. */
export const engines = (['dynoxide', 'dynamodb-local'] as const).map((engine) => {
  const missing = missingFor(engine);
  return {
    engine,
    missing: missing !== undefined,
    title: missing === undefined ? engine : `${engine} (${missing})`,
  };
});

export const lambdaTrust = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
};

export const policy = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });

/** Creates one resource the way the provisioner does. */
export async function create(types: ResourceTypes, type: string, properties: object, logicalId = 'Thing') {
  const found = types[type];
  if (!found) throw new Error(`No part offers ${type}`);
  const physicalName = `Test-${logicalId}`;
  const request = { site, stack: 'Test', logicalId, physicalName, properties: { ...properties } };
  const created: Created = await found.create(request);
  return { ...created, arn: String(created.attributes?.['Arn'] ?? created.ref) };
}

/** A role of one function, with these statements; answers its ARN. */
export async function createRole(types: ResourceTypes, name: string, ...statements: object[]) {
  const Policies = [{ PolicyName: 'own', PolicyDocument: policy(...statements) }];
  const properties = { AssumeRolePolicyDocument: lambdaTrust, Policies };
  return (await create(types, 'AWS::IAM::Role', properties, name)).arn;
}

export function temporaryFolder() {
  const path = mkdtempSync(join(tmpdir(), 'portunus-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Everything behind one address, with a folder of its own. */
export async function startDataPlane(engine: DynamoEngine) {
  const folder = temporaryFolder();
  const iam = createIam(site);
  const kms = createKms({ folder: folder.path, site, iam });
  const dynamo = await createDynamo({ folder: folder.path, site, engine });
  const journal = createJournal();
  const secrets = createSecrets({ folder: folder.path, site });
  const s3 = createS3({ folder: folder.path, site });
  const logGroups = createLogGroups(site);
  const awsEndpoint = await createAwsEndpoint({ iam, kms, s3, dynamo, secrets, logGroups, journal });
  return {
    iam,
    kms,
    s3,
    dynamo,
    journal,
    awsEndpoint,
    types: { ...iam.types, ...kms.types, ...dynamo.types, ...s3.types, ...secrets.types },
    logGroups,
    async stop() {
      await awsEndpoint.stop();
      await dynamo.stop();
      folder.remove();
    },
  };
}
