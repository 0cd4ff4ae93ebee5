// The event of a proxy integration, payload format 1.0, and of the authorizers that see the same request.
import { type Call, requireMatch, type Values, headerValue } from './api-call.ts';
import type { ContextSite } from './context-variables.ts';

export type EventSite = ContextSite & {
  readonly region: string;
  readonly stageVariables: Readonly<Record<string, string>>;
};

/** ARN of the called method, for policies and function permissions. */
export const executeApiArn = ({ region, account, apiId }: EventSite, rest: string): string =>
  `arn:aws:execute-api:${region}:${account}:${apiId}/${rest}`;

/** The request path for policies; the resource path for the function's permission. */
export const methodArn = (site: EventSite, { method }: Call, path: string): string =>
  executeApiArn(site, `${site.stageName}/${method}${path}`);

export function proxyEvent(site: EventSite, call: Call): Record<string, unknown> {
  const { body } = call;
  const hasBody = body !== undefined && body.length > 0;
  return {
    ...requestFields(site, call),
    requestContext: {
      ...requestContext(site, call),
      ...(call.authorizer === undefined ? {} : { authorizer: call.authorizer }),
    },
    body: hasBody ? body.toString('utf8') : null,
    isBase64Encoded: false,
  };
}

export const requestAuthorizerEvent = (site: EventSite, call: Call): Record<string, unknown> => ({
  type: 'REQUEST',
  methodArn: methodArn(site, call, call.path),
  ...requestFields(site, call),
  requestContext: requestContext(site, call),
});

function requestFields(site: EventSite, call: Call): Record<string, unknown> {
  const match = requireMatch(call);
  return {
    resource: match.resource.path,
    path: call.path,
    httpMethod: call.method,
    headers: last(call.headers),
    multiValueHeaders: Object.fromEntries(call.headers),
    queryStringParameters: call.query.size > 0 ? last(call.query) : null,
    multiValueQueryStringParameters: call.query.size > 0 ? Object.fromEntries(call.query) : null,
    pathParameters: match.pathParameters,
    stageVariables: Object.keys(site.stageVariables).length > 0 ? site.stageVariables : null,
  };
}

const last = (values: Values): Record<string, string | undefined> =>
  Object.fromEntries([...values].map(([name, list]) => [name, list.at(-1)]));

function requestContext(site: EventSite, call: Call): Record<string, unknown> {
  const { resource } = requireMatch(call);
  const domainName = headerValue(call.headers, 'host')?.replace(/:\d+$/, '');
  return {
    accountId: site.account,
    apiId: site.apiId,
    domainName,
    domainPrefix: domainName?.split('.')[0],
    extendedRequestId: call.extendedRequestId,
    httpMethod: call.method,
    identity: {
      accessKey: null,
      accountId: null,
      caller: null,
      cognitoAuthenticationProvider: null,
      cognitoAuthenticationType: null,
      cognitoIdentityId: null,
      cognitoIdentityPoolId: null,
      principalOrgId: null,
      sourceIp: call.sourceIp,
      user: null,
      userAgent: headerValue(call.headers, 'user-agent') ?? null,
      userArn: null,
    },
    path: call.path, // with a custom domain mapped at the root the stage is not in it
    protocol: 'HTTP/1.1',
    requestId: call.requestId,
    requestTime: requestTime(call.receivedAt),
    requestTimeEpoch: call.receivedAt,
    resourceId: resource.id,
    resourcePath: resource.path,
    stage: site.stageName,
  };
}

/** `22/Nov/2026:20:53:37 +0000` */
function requestTime(epochMs: number): string {
  const [, day, month, year, time] = new Date(epochMs).toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}
