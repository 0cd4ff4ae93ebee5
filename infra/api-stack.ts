// REST API: its authorizer, its gateway responses, and one Lambda per row of functions/routes.ts.
import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import {
  AccessLogFormat,
  type CfnRestApi,
  Cors,
  DomainName,
  EndpointAccessMode,
  EndpointType,
  type IAuthorizer,
  IdentitySource,
  type IModel,
  LogGroupLogDestination,
  type MethodDeploymentOptions,
  MethodLoggingLevel,
  RequestAuthorizer,
  type RequestValidator,
  RestApi,
  SecurityPolicy,
} from 'aws-cdk-lib/aws-apigateway';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import type { Construct } from 'constructs';

import { authorizer as authorizerSpec, eventFunctions } from '#functions/events.ts';
import { type Route, routes } from '#functions/routes.ts';

import { acknowledge } from './acknowledge.ts';
import type { StageConfig } from './config.ts';
import type { DataStack } from './data-stack.ts';
import { eventFunction } from './event-function.ts';
import { createFunction, type FunctionSite, UNTRACED } from './function.ts';
import { functionLogs } from './function-logs.ts';
import { addGatewayResponses } from './gateway-responses.ts';
import { readsSettings } from './grants.ts';
import type { IdentityStack } from './identity-stack.ts';
import { route } from './route.ts';
import { createSettings } from './settings.ts';

export type ApiStackProps = StackProps & {
  readonly config: StageConfig;
  readonly data: DataStack;
  readonly identity: IdentityStack | undefined;
  readonly bundles: string;
  /** JSON schemas (draft-04) of request bodies, by route name. */
  readonly requestModels: Readonly<Record<string, object>>;
};

/** Exports nothing: CloudFormation refuses to change a value that another stack imports. */
export class ApiStack extends Stack {
  constructor(scope: Construct, id: string, props: ApiStackProps) {
    super(scope, id, props);
    const { config, data, bundles } = props;
    const api = restApi(this, config);
    const settings = createSettings(this, { publicUrl: publicUrlOf(api, config), identity: props.identity });
    const site = { config, data, bundles, settings, logGroup: functionLogs(this, config, 'api') };

    addGatewayResponses(api, {
      publicUrl: settings.PUBLIC_URL,
      scopesArePrefixed: props.identity !== undefined,
      webOrigin: config.webOrigin,
    });
    const validator = bodyValidator(api);
    const models = requestModels(api, props.requestModels);
    const authorizers = requestAuthorizers(api, site);
    for (const row of routes) {
      const authorizer = isProviderApi(row) ? authorizers.forProviderApis : authorizers.forBearer;
      route({ ...site, api, authorizer, validator, models }, row);
    }
    addPreflights(api, config.webOrigin);
    for (const spec of eventFunctions) if (readsSettings(spec)) eventFunction(this, site, spec);
    if (config.domain) customDomain(api, config.domain, SECURITY_POLICIES[config.minimumTls]);
    if (config.webAclArn) webAcl(api, config.webAclArn);
    new CfnOutput(this, 'Url', { value: settings.PUBLIC_URL });
  }
}

function publicUrlOf(api: RestApi, { publicUrl, domain, env, stage }: StageConfig): string {
  if (publicUrl) return publicUrl;
  if (domain) return `https://${domain.name}`;
  return `https://${api.restApiId}.execute-api.${env.region}.amazonaws.com/${stage}`;
}

/** By the lowest TLS version that the stage accepts. 1.2 only with forward secrecy. */
const SECURITY_POLICIES = {
  '1.2': SecurityPolicy.TLS13_1_2_PFS_PQ_2025_09,
  '1.3': SecurityPolicy.TLS13_1_3_2025_09,
} as const;

function restApi(scope: Construct, config: StageConfig): RestApi {
  const accessLog = new LogGroup(scope, 'access-log', {
    logGroupName: `/aws/apigateway/portunus-${config.stage}`,
    retention: config.logRetentionDays,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const api = new RestApi(scope, 'api', {
    restApiName: `portunus-${config.stage}`,
    description: 'Portunus: MCP gateway with an API-key vault',
    endpointTypes: [EndpointType.REGIONAL],
    disableExecuteApiEndpoint: config.domain !== undefined,
    // Account role for logging, which API Gateway requires for every kind of log; retained, because other APIs of the
    // account may use it.
    cloudWatchRole: true,
    cloudWatchRoleRemovalPolicy: RemovalPolicy.RETAIN,
    deployOptions: {
      stageName: config.stage,
      throttlingRateLimit: config.throttle.perSecond,
      throttlingBurstLimit: config.throttle.burst,
      methodOptions: ownThrottles(),
      tracingEnabled: config.tracing === 'sampled',
      loggingLevel: MethodLoggingLevel.OFF, // execution logs hold headers and bodies
      accessLogDestination: new LogGroupLogDestination(accessLog),
      accessLogFormat: accessLogFormat(),
    },
  });
  const l1 = api.node.defaultChild as CfnRestApi;
  l1.securityPolicy = SECURITY_POLICIES[config.minimumTls];
  l1.endpointAccessMode = EndpointAccessMode.STRICT;
  acknowledgeApi(api, config);
  return api;
}

/** Rates of single methods, by `<path>/<method>`. */
const ownThrottles = (): Record<string, MethodDeploymentOptions> =>
  Object.fromEntries(
    routes.flatMap(({ method, path, throttle }: Route) =>
      throttle
        ? [
            [
              `${path}/${method}`,
              { throttlingRateLimit: throttle.perSecond, throttlingBurstLimit: throttle.burst },
            ],
          ]
        : [],
    ),
  );

function acknowledgeApi(api: RestApi, { tracing }: StageConfig): void {
  acknowledge(api.node.findChild('CloudWatchRole'), {
    'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]':
      'API Gateway takes no smaller policy for the role of an account.',
  });
  acknowledge(api.deploymentStage, {
    'AwsSolutions-APIG3':
      'A web ACL costs money without any call: `webAclArn` of the stage associates one. Throttling and body limits are in the gateway.',
    'AwsSolutions-APIG6': 'Execution logs hold headers and bodies, so tokens and keys. The access log is on.',
    ...(tracing === 'off' && { 'Serverless-APIGWXrayEnabled': UNTRACED }),
  });
}

/** Route, outcome and timing. Query string, headers and body are omitted, because they may contain secrets. */
function accessLogFormat(): AccessLogFormat {
  return AccessLogFormat.custom(
    JSON.stringify({
      requestId: '$context.requestId',
      time: '$context.requestTime',
      ip: '$context.identity.sourceIp',
      method: '$context.httpMethod',
      route: '$context.resourcePath',
      status: '$context.status',
      error: '$context.error.responseType',
      responseBytes: '$context.responseLength',
      latencyMs: '$context.responseLatency',
      integrationLatencyMs: '$context.integration.latency',
    }),
  );
}

/** Clients of providers' APIs send the token as `x-api-key` or as a bearer token. */
const isProviderApi = ({ path }: Route): boolean => path.startsWith('/v1/');

type Authorizers = { readonly forBearer: IAuthorizer; readonly forProviderApis: IAuthorizer };

/** One function behind both. */
function requestAuthorizers(api: RestApi, site: FunctionSite): Authorizers {
  const handler = createFunction(Stack.of(api), site, {
    name: authorizerSpec.name,
    needs: authorizerSpec.needs,
    reservedConcurrency: site.config.concurrency.authorizer,
    description: 'Verifies access tokens before a function runs',
  });
  return {
    forBearer: new RequestAuthorizer(api, 'request-authorizer', {
      handler,
      // Only this header: all identity sources must be present, and the cached result must depend on nothing else.
      identitySources: [IdentitySource.header('Authorization')],
      resultsCacheTtl: Duration.seconds(60),
    }),
    // Either of two headers: neither can be an identity source, so no result is cached.
    forProviderApis: new RequestAuthorizer(api, 'provider-api-authorizer', {
      handler,
      identitySources: [],
      resultsCacheTtl: Duration.seconds(0),
    }),
  };
}

const bodyValidator = (api: RestApi): RequestValidator =>
  api.addRequestValidator('validator', { validateRequestBody: true, validateRequestParameters: true });

/** Equal schemas share a model: a stack holds 500 resources. */
function requestModels(api: RestApi, schemas: Readonly<Record<string, object>>): ReadonlyMap<string, IModel> {
  const made = new Map<string, IModel>();
  const modelOf = (schema: object): IModel => {
    const text = JSON.stringify(schema);
    const model =
      made.get(text) ?? api.addModel(`body-${made.size}`, { contentType: 'application/json', schema });
    made.set(text, model);
    return model;
  };
  return new Map(Object.entries(schemas).map(([name, schema]) => [name, modelOf(schema)]));
}

/** Headers sent by MCP clients in a browser. */
const ALLOWED_HEADERS = [
  'authorization',
  'x-api-key',
  'content-type',
  'accept',
  'mcp-protocol-version',
  'mcp-method',
  'mcp-name',
  'last-event-id',
  'mcp-session-id',
  'idempotency-key',
];

/** Read and called by any MCP client in a browser before it has a token. */
const isOAuth = (path: string): boolean =>
  path.startsWith('/.well-known/') || ['/register', '/token'].includes(path);

function addPreflights(api: RestApi, webOrigin: string | undefined): void {
  const served = routes.flatMap((row: Route) => [row, ...(row.aliases ?? [])]);
  const byPath = Map.groupBy<string, Pick<Route, 'path'> & { readonly method: string }>(
    served,
    ({ path }) => path,
  );
  for (const [path, rows] of byPath) {
    const origin = isOAuth(path) ? '*' : webOrigin;
    if (!origin) continue;
    const method = api.root.resourceForPath(path).addCorsPreflight({
      allowOrigins: [origin],
      allowMethods: rows.flatMap((row) => (row.method === 'ANY' ? Cors.ALL_METHODS : [row.method])),
      allowHeaders: ALLOWED_HEADERS,
      exposeHeaders: ['Idempotency-Replayed', 'Retry-After', 'WWW-Authenticate'],
      maxAge: Duration.minutes(10),
    });
    acknowledge(method, {
      'AwsSolutions-APIG4': 'A preflight request carries no credentials.',
      'AwsSolutions-COG4': 'A preflight request carries no credentials.',
    });
  }
}

function webAcl(api: RestApi, webAclArn: string): void {
  new CfnWebACLAssociation(api, 'web-acl', { webAclArn, resourceArn: api.deploymentStage.stageArn });
}

function customDomain(
  api: RestApi,
  { name, certificateArn }: NonNullable<StageConfig['domain']>,
  securityPolicy: SecurityPolicy,
): void {
  const domain = new DomainName(api, 'domain', {
    domainName: name,
    certificate: Certificate.fromCertificateArn(api, 'certificate', certificateArn),
    endpointType: EndpointType.REGIONAL,
    securityPolicy,
    endpointAccessMode: EndpointAccessMode.STRICT,
    mapping: api,
  });
  new CfnOutput(Stack.of(api), 'DomainTarget', {
    value: domain.domainNameAliasDomainName,
    description: `Target of the DNS record of ${name}: an alias record in Route 53, elsewhere a CNAME.`,
  });
  new CfnOutput(Stack.of(api), 'DomainHostedZoneId', {
    value: domain.domainNameAliasHostedZoneId,
    description: 'Hosted zone of the target, for an alias record in Route 53.',
  });
}
