// The local stack: emulated services, and the synthesised template provisioned on them.
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';

import { type ApiGateway, createApiGateway } from '#local/api-gateway/api-gateway.ts';
import { createAwsEndpoint, type AwsEndpoint } from '#local/aws/aws-endpoint.ts';
import { provision, readSite } from '#local/cloudformation/provision.ts';
import type { Template } from '#local/cloudformation/template.ts';
import { createDynamo, type Dynamo, type DynamoEngine } from '#local/dynamodb/dynamodb.ts';
import { createEvents, type Events } from '#local/events/events.ts';
import { createIam, type Iam } from '#local/iam/iam.ts';
import { type Issuer, startIssuer } from '#local/issuer/issuer.ts';
import { createKms, type Kms } from '#local/kms/kms.ts';
import { cloudTrailEvent } from '#local/kms/cloudtrail-event.ts';
import { createLambda, type Lambda, type LambdaOptions } from '#local/lambda/lambda.ts';
import { type Providers, startProviders } from '#local/providers/providers.ts';
import { createS3, type S3 } from '#local/s3/s3.ts';
import { createLogs, type Logs } from '#local/logs/logs.ts';
import { createSecrets } from '#local/secretsmanager/secrets.ts';

import { lockHome } from './home-lock.ts';
import { createJournal, type Journal } from './call-journal.ts';
import { startAdminEndpoint } from './admin-endpoint.ts';
import { type Ports, claimPorts } from './home-ports.ts';
import { announce, withdraw } from './running-stack.ts';
import { createTeardown, type Teardown } from './teardown.ts';

type Parameters = Readonly<Record<string, string>>;

export type StackOptions = {
  /** Folder of the synthesised assembly. */
  readonly assembly: string;
  /** Folder of all data. */
  readonly home: string;
  /** 0: the ports of this home's last start, else free ones. */
  readonly port?: number;
  readonly engine?: DynamoEngine;
  /** The issuer with the limits of a Cognito user pool. Its tokens name no resource on 127.0.0.1, so the URL is on localhost. */
  readonly asCognito?: boolean;
  /** Leave the AI providers at the template's own default, the real ones. */
  readonly live?: boolean;
  /** Ports of this machine that registered tools may call. */
  readonly localToolPorts?: readonly number[];
  /** Template parameters that replace this stack's own. */
  readonly parameters?: Parameters | ((own: Parameters) => Parameters);
  /** Changes the templates before anything is created. */
  readonly mutate?: (templates: Record<string, Template>) => void;
  readonly onProgress?: (line: string) => void;
  readonly lambdaOptions?: Pick<LambdaOptions, 'compileCache' | 'freeze' | 'maxInstances'>;
  /** Deliver the lines of log groups to their subscribers. Default: true. */
  readonly logSubscriptions?: boolean;
};

export type Stack = {
  readonly url: string;
  readonly issuer: Issuer;
  /** Absent when live. */
  readonly provider: Providers | undefined;
  readonly journal: Journal;
  readonly kmsLog: Kms['log'];
  /** KMS with root permissions, for tests that disable or delete a key. */
  readonly kmsAsRoot: (operation: string, input: object) => ReturnType<Kms['handle']>;
  readonly awsEndpoint: AwsEndpoint;
  readonly dynamo: Dynamo;
  readonly buckets: S3['buckets'];
  readonly lambda: Lambda;
  readonly logs: Logs;
  readonly credentialsFor: Iam['credentialsFor'];
  readonly events: Events;
  /** Values of the template's parameters. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Stops every part, each within a bound. */
  readonly stop: () => Promise<void>;
};

/** Resolves when the API answers. Whatever was started is stopped again if the start fails. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const teardown = createTeardown();
  try {
    return await start(options, teardown);
  } catch (error) {
    await teardown.run().catch(() => undefined); // the error of the start is the one to report
    throw error;
  }
}

async function start(options: StackOptions, teardown: Teardown): Promise<Stack> {
  const { assembly, home, port = 0, onProgress = () => undefined, mutate } = options;
  const unlock = lockHome(home);
  teardown.add('lock', async () => unlock());
  const ports = await claimPorts(home, port);
  const url = `http://${options.asCognito ? 'localhost' : '127.0.0.1'}:${ports.api}`;

  onProgress('Starting issuer and providers');
  const outside = await startOutside({ options, ports, url }, teardown);
  onProgress('Starting the parts that stand in for AWS');
  const aws = await startAws(options, teardown);
  const { gateway, events, lambda, logs, dynamo, iam, kms, s3, secrets } = aws;

  const { issuer, provider } = outside;
  const own = parametersFor({ url, issuer, provider, toolPorts: options.localToolPorts ?? [] });
  const others = typeof options.parameters === 'function' ? options.parameters(own) : options.parameters;
  const parameters = { ...own, ...others };
  const types = [iam, kms, s3, dynamo, secrets, lambda, logs, events, gateway].map((part) => part.types);
  await provision({ assembly, parameters, types, mutate, onProgress });
  events.start();
  await gateway.listen(ports.api);
  const adminEndpoint = await startAdminEndpoint(lambda);
  teardown.add('admin endpoint', adminEndpoint.stop);
  announce(home, {
    pid: process.pid,
    url,
    issuer: issuer.url,
    audience: issuer.audience,
    admin: adminEndpoint.address,
  });
  teardown.add('announcement', async () => withdraw(home));

  const { journal, awsEndpoint } = aws;
  return {
    url,
    ...outside,
    journal,
    kmsLog: kms.log,
    kmsAsRoot: (operation, input) => kms.handle(operation, input, 'root'),
    awsEndpoint,
    dynamo,
    buckets: s3.buckets,
    lambda,
    logs,
    credentialsFor: iam.credentialsFor,
    events,
    parameters,
    stop: teardown.run,
  };
}

type Outside = { readonly options: StackOptions; readonly ports: Ports; readonly url: string };

/** The external systems: token issuer and AI providers. */
async function startOutside({ options, ports, url }: Outside, teardown: Teardown) {
  const { home: folder, asCognito = false } = options;
  const issuer = await startIssuer({ folder, port: ports.issuer, publicUrl: url, asCognito });
  teardown.add('issuer', issuer.stop);
  if (options.live) return { issuer, provider: undefined };
  const provider = await startProviders({ port: ports.provider });
  teardown.add('providers', provider.stop);
  return { issuer, provider };
}

/** The emulated services, each after those it calls; empty until the template is provisioned. */
async function startAws(
  { assembly, home, engine = 'dynoxide', lambdaOptions, logSubscriptions = true, onProgress }: StackOptions,
  teardown: Teardown,
) {
  const site = readSite(assembly);
  const journal = createJournal();
  const iam = createIam(site);
  const dynamo = await createDynamo({ folder: home, site, engine });
  teardown.add('DynamoDB', dynamo.stop);
  const kms = createKms({
    folder: home,
    site,
    iam,
    onCall: (entry) => events.putServiceEvent(cloudTrailEvent(entry, site)),
  });
  const secrets = createSecrets({ folder: home, site });
  const s3 = createS3({ folder: home, site });
  const onProblem = onProgress ?? (() => undefined);
  const logs = createLogs({ site, lambda: () => lambda, logSubscriptions, onProblem });
  const logGroups = logs.groups;
  const awsEndpoint = await createAwsEndpoint({ iam, kms, s3, dynamo, secrets, logGroups, journal });
  teardown.add('AWS endpoint', awsEndpoint.stop);
  const lambda = createLambda({
    ...lambdaOptions,
    site,
    assembly,
    credentialsFor: iam.credentialsFor,
    endpoints: {
      AWS_ENDPOINT_URL_DYNAMODB: awsEndpoint.url,
      AWS_ENDPOINT_URL_KMS: awsEndpoint.url,
      AWS_ENDPOINT_URL_S3: awsEndpoint.url,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: awsEndpoint.url,
      AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: awsEndpoint.url,
    },
    log: (line) => appendFileSync(join(home, 'functions.log'), `${line}\n`),
    onLogLine: logs.onFunctionLine,
  });
  teardown.add('CloudWatch Logs', async () => logs.stop());
  teardown.add('Lambda', lambda.stop);
  const events = createEvents({
    folder: join(home, 'events'),
    site,
    iam,
    lambda,
    dynamo,
    journal,
    onProblem,
  });
  teardown.add('EventBridge', events.stop);
  const gateway: ApiGateway = createApiGateway({ site, lambda });
  teardown.add('API Gateway', gateway.stop);
  return { journal, iam, dynamo, kms, s3, secrets, awsEndpoint, lambda, logs, events, gateway };
}

type Environment = {
  readonly url: string;
  readonly issuer: Issuer;
  readonly provider: Providers | undefined;
  readonly toolPorts: readonly number[];
};

const TOOL_NEXT_STEP =
  'Use a public https address, or allow the port of a server on this machine: npm start -- --allow-local-tools <port>';

/** Template parameters: together with the service endpoints, the only difference from a deployed stack. */
function parametersFor({ url, issuer, provider, toolPorts }: Environment): Record<string, string> {
  const toolOrigins = toolPorts.flatMap((port) => [`http://localhost:${port}`, `http://127.0.0.1:${port}`]);
  const parameters = {
    PublicUrl: url,
    ToolOrigins: JSON.stringify({ origins: toolOrigins, next_step: TOOL_NEXT_STEP }),
    Issuers: JSON.stringify([issuer.trust]),
    TrustedOrigins: JSON.stringify([
      issuer.url,
      ...(provider ? [provider.url, new URL(provider.compatibleUrl).origin] : []),
    ]),
  };
  if (!provider) return parameters;
  return {
    ...parameters,
    ProviderOrigins: JSON.stringify(provider.origins),
    RenewalEndpoints: JSON.stringify({ openai: { url: provider.tokenUrl, client_id: 'portunus' } }),
  };
}
