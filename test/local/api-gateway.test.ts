// The local API Gateway in front of the local Lambda: what it hands on, and above all what it rejects, as AWS does.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';

import { type ApiGateway, createApiGateway } from '#local/api-gateway/api-gateway.ts';
import { createResource, site, startFunctions, type TestFunctions } from '#test/support/local-functions.ts';

const ECHO = 'exports.handler = async (event) => ({ statusCode: 200, body: JSON.stringify(event) });';
const functionArn = (name: string) => `arn:aws:lambda:${site.region}:${site.account}:function:${name}`;
const integrationUri = (name: string, call = 'invocations', version = '2015-03-31') =>
  `arn:aws:apigateway:${site.region}:lambda:path/${version}/functions/${functionArn(name)}/${call}`;
const proxyTo = (name: string) => ({
  Type: 'AWS_PROXY',
  IntegrationHttpMethod: 'POST',
  Uri: integrationUri(name),
});
const streamFrom = (name: string) => ({
  ...proxyTo(name),
  Uri: integrationUri(name, 'response-streaming-invocations', '2021-11-15'),
  ResponseTransferMode: 'STREAM',
  TimeoutInMillis: 60_000,
});

type Properties = Record<string, unknown>;
type Route = { path: string; method?: string; integration?: Properties } & Properties;

let functions: TestFunctions | undefined;
let gateway: ApiGateway | undefined;
afterEach(async () => {
  await gateway?.stop();
  await functions?.stop();
  gateway = functions = undefined;
});

/** An API under construction; `deploy` freezes and serves it. */
async function draft(
  sources: Record<string, string> = { echo: ECHO },
  { now, ...apiProperties }: { now?: (() => number) | undefined } = {},
) {
  const started = startFunctions();
  const local = createApiGateway({ site, lambda: started.lambda, ...(now && { now }) });
  functions = started;
  gateway = local;
  const create = (type: string, id: string, properties: Properties) =>
    createResource(local.types, [`AWS::ApiGateway::${type}`, id], properties);
  const api = await create('RestApi', 'Api', apiProperties);
  const resources = new Map([['', String(api.attributes?.RootResourceId)]]);

  async function resource(path: string): Promise<string> {
    const known = resources.get(path);
    if (known !== undefined) return known;
    const at = path.lastIndexOf('/');
    const ParentId = await resource(path.slice(0, at));
    const { ref } = await create('Resource', path, {
      RestApiId: api.ref,
      ParentId,
      PathPart: path.slice(at + 1),
    });
    resources.set(path, ref);
    return ref;
  }
  async function permit(name: string, source = '*') {
    await started.create('AWS::Lambda::Permission', `Permission${name}`, {
      Action: 'lambda:InvokeFunction',
      FunctionName: functionArn(name),
      Principal: 'apigateway.amazonaws.com',
      SourceArn: `arn:aws:execute-api:${site.region}:${site.account}:${api.ref}/${source}`,
    });
  }
  for (const [name, source] of Object.entries(sources)) {
    await started.add(name, source, { Timeout: 5 });
    await permit(name);
  }
  return {
    id: api.ref,
    create: (type: string, id: string, properties: Properties) =>
      create(type, id, { RestApiId: api.ref, ...properties }),
    permit,
    async add({ path, method = 'GET', integration = proxyTo('echo'), ...properties }: Route) {
      return create('Method', `${method}${path}`, {
        RestApiId: api.ref,
        ResourceId: await resource(path === '/' ? '' : path),
        HttpMethod: method,
        AuthorizationType: 'NONE',
        Integration: integration,
        ...properties,
      });
    },
    async deploy(stage: Properties = {}) {
      const { ref } = await create('Deployment', 'Deployment', { RestApiId: api.ref });
      await create('Stage', 'Stage', { RestApiId: api.ref, DeploymentId: ref, StageName: 'live', ...stage });
      const { url } = await local.listen(0);
      const call = async (path: string, init: RequestInit = {}) => {
        const response = await fetch(url + path, init);
        const text = await response.text();
        return { status: response.status, headers: response.headers, text };
      };
      return Object.assign(call, { url });
    },
  };
}

/** Serves one route. */
async function serve(route: Route, sources?: Record<string, string>) {
  const api = await draft(sources);
  await api.add(route);
  return api.deploy();
}

const answering = (expression: string) =>
  serve({ path: '/', integration: proxyTo('fn') }, { fn: `exports.handler = async () => (${expression});` });

const post = (body: string, type = 'application/json') => ({
  method: 'POST',
  headers: { 'content-type': type },
  body,
});

const as = (token: string) => ({ headers: { Authorization: token } });
const authorizerContext = (text: string) =>
  (JSON.parse(text) as { requestContext: { authorizer: Record<string, unknown> } }).requestContext.authorizer;

const streaming = (body: string) => ({
  fn: `exports.handler = awslambda.streamifyResponse(async (event, out) => {
    const from = (prelude) => { out = awslambda.HttpResponseStream.from(out, prelude); };
    const pause = () => new Promise((go) => setTimeout(go, 50));
    ${body}
  });`,
});

describe('a proxy event', () => {
  it('has everything of payload format 1.0', async () => {
    const api = await draft();
    await api.add({ path: '/things/{thing_id}', method: 'POST' });
    const call = await api.deploy({ Variables: { color: 'blue' } });
    const { text, headers } = await call('/things/a%2Fb?tag=x&tag=y%20z', {
      method: 'POST',
      headers: { 'X-Some': 'one', 'User-Agent': 'probe', 'Content-Type': 'application/json' },
      body: '{"n":1}',
    });
    const event = JSON.parse(text) as Record<string, unknown>;
    expect(event).toMatchObject({
      resource: '/things/{thing_id}',
      path: '/things/a%2Fb', // REST APIs leave the path encoded and decode the parameters
      httpMethod: 'POST',
      multiValueHeaders: { 'X-Some': ['one'] },
      queryStringParameters: { tag: 'y z' },
      multiValueQueryStringParameters: { tag: ['x', 'y z'] },
      pathParameters: { thing_id: 'a/b' },
      stageVariables: { color: 'blue' },
      body: '{"n":1}',
      isBase64Encoded: false,
      requestContext: {
        accountId: site.account,
        apiId: api.id,
        domainName: '127.0.0.1',
        httpMethod: 'POST',
        identity: { sourceIp: '127.0.0.1', userAgent: 'probe', accessKey: null },
        path: '/things/a%2Fb',
        protocol: 'HTTP/1.1',
        requestId: headers.get('x-amzn-requestid'),
        extendedRequestId: headers.get('x-amz-apigw-id'),
        requestTime: expect.stringMatching(/^\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
        resourcePath: '/things/{thing_id}',
        stage: 'live',
      },
    });
    expect(event.headers).toMatchObject({ 'X-Forwarded-For': '127.0.0.1', 'X-Forwarded-Proto': 'http' });
    expect(Object.keys(event.headers as object).map((name) => name.toLowerCase())).not.toContain(
      'content-length',
    );
  });

  it('has null for absent parts', async () => {
    const call = await serve({ path: '/things' });
    expect(JSON.parse((await call('/things')).text)).toMatchObject({
      body: null,
      pathParameters: null,
      queryStringParameters: null,
      stageVariables: null,
    });
  });
});

describe('routing', () => {
  it('prefers fixed segments to parameters to {proxy+}, and a method to ANY', async () => {
    const api = await draft();
    await api.add({ path: '/a/b' });
    await api.add({ path: '/a/b', method: 'ANY' });
    await api.add({ path: '/a/{id}' });
    await api.add({ path: '/a/{proxy+}' });
    const call = await api.deploy();
    const resourcePath = async (path: string) =>
      (JSON.parse((await call(path)).text) as { resource: string }).resource;
    expect(await resourcePath('/a/b')).toBe('/a/b');
    expect(await resourcePath('/a/c')).toBe('/a/{id}');
    expect(await resourcePath('/a/c/d')).toBe('/a/{proxy+}');
    expect((await call('/a/b', { method: 'PATCH' })).status).toBe(200);
  });

  it.each([
    ['an unknown path', '/nowhere', 'GET'],
    ['another method', '/things', 'PUT'],
    ['a stage in the path', '/live/things', 'GET'],
    ['a longer path', '/things/more', 'GET'],
  ])('answers %s as AWS does: 403', async (_what, path, method) => {
    const call = await serve({ path: '/things' });
    const { status, text, headers } = await call(path, { method });
    expect([status, text]).toEqual([403, '{"message":"Missing Authentication Token"}']);
    expect(headers.get('x-amzn-errortype')).toBe('MissingAuthenticationTokenException');
  });

  it('treats a bearer token on an unknown path as a malformed signature, as AWS does', async () => {
    const call = await serve({ path: '/things' });
    const { status, headers } = await call('/nowhere', { headers: { Authorization: 'Bearer x' } });
    expect([status, headers.get('x-amzn-errortype')]).toEqual([403, 'IncompleteSignatureException']);
  });

  it('serves the resources of the deployment, not later ones', async () => {
    const api = await draft();
    await api.add({ path: '/early' });
    const call = await api.deploy();
    await api.add({ path: '/late' });
    expect((await call('/early')).status).toBe(200);
    expect((await call('/late')).status).toBe(403);
  });

  it('rejects an invalid percent escape in a path', async () => {
    const call = await serve({ path: '/{id}' });
    expect((await call('/%zz')).status).toBe(400);
  });
});

describe('an answer', () => {
  it('has the status, headers and body of the function’s response', async () => {
    const call = await answering(
      `{ statusCode: 418, headers: { 'X-One': 1 }, multiValueHeaders: { 'Set-Cookie': ['a=1', 'b=2'] }, body: 'tea' }`,
    );
    const { status, headers, text } = await call('/');
    expect([status, text, headers.get('x-one')]).toEqual([418, 'tea', '1']);
    expect(headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(headers.get('content-type')).toBe('application/json');
  });

  it('has WWW-Authenticate renamed, as on AWS', async () => {
    const call = await answering(
      `{ statusCode: 401, headers: { 'WWW-Authenticate': 'Bearer', Date: 'never' } }`,
    );
    const { headers } = await call('/');
    expect(headers.get('www-authenticate')).toBeNull();
    expect(headers.get('x-amzn-remapped-www-authenticate')).toBe('Bearer');
    expect(headers.get('x-amzn-remapped-date')).toBe('never');
  });

  it.each([
    ['no object', '"text"'],
    ['nothing', 'undefined'],
    ['no status', `{ body: '' }`],
    ['a body that is no string', '{ statusCode: 200, body: { a: 1 } }'],
    ['an unknown field', '{ statusCode: 200, cookies: [] }'],
    ['an error', `(() => { throw new Error('secret'); })()`],
  ])('that is malformed is a 502: %s', async (_what, expression) => {
    const call = await answering(expression);
    const { status, text } = await call('/');
    expect([status, text]).toEqual([502, '{"message":"Internal server error"}']);
  });

  it('to HEAD has no body', async () => {
    const api = await draft();
    await api.add({ path: '/things', method: 'HEAD' });
    const call = await api.deploy();
    const { status, text } = await call('/things', { method: 'HEAD' });
    expect([status, text]).toEqual([200, '']);
  });

  it('that takes too long is a 504', async () => {
    const call = await serve(
      { path: '/', integration: { ...proxyTo('slow'), TimeoutInMillis: 50 } },
      { slow: 'exports.handler = () => new Promise((done) => setTimeout(done, 2000));' },
    );
    const { status, text } = await call('/');
    expect([status, text]).toEqual([504, '{"message":"Endpoint request timed out"}']);
  });
});

describe('an integration with a function', () => {
  it('needs a permission for this method and path', async () => {
    const api = await draft({});
    await functions?.add('fn', ECHO);
    await api.add({ path: '/{id}', integration: proxyTo('fn') });
    await api.add({ path: '/{id}', method: 'POST', integration: proxyTo('fn') });
    await api.permit('fn', 'live/GET/*');
    const call = await api.deploy();
    expect((await call('/x')).status).toBe(200);
    const { status, text } = await call('/x', { method: 'POST' });
    expect([status, text]).toEqual([500, '{"message":"Internal server error"}']);
  });

  it.each([
    ['over 10 MB', 10 * 1024 * 1024 + 1],
    ['over what Lambda takes', 7 * 1024 * 1024],
  ])('is closed to a body %s', async (_what, size) => {
    const call = await serve({ path: '/', method: 'POST' });
    const { status, headers } = await call('/', { method: 'POST', body: 'x'.repeat(size) });
    expect([status, headers.get('x-amzn-errortype')]).toEqual([413, 'RequestTooLongException']);
  });

  it('is throttled by the stage, method by method', async () => {
    let clock = 0;
    const api = await draft({ echo: ECHO }, { now: () => clock });
    await api.add({ path: '/a' });
    await api.add({ path: '/b' });
    const call = await api.deploy({
      MethodSettings: [
        { ResourcePath: '/*', HttpMethod: '*', ThrottlingRateLimit: 1, ThrottlingBurstLimit: 2 },
      ],
    });
    const statuses = [];
    for (const path of ['/a', '/a', '/a', '/b']) statuses.push((await call(path)).status);
    expect(statuses).toEqual([200, 200, 429, 200]);
    clock += 1000;
    expect((await call('/a')).status).toBe(200);
  });
});

describe('request validation', () => {
  const schema = {
    $schema: 'http://json-schema.org/draft-04/schema#',
    type: 'object',
    required: ['n'],
    properties: { n: { type: 'number', minimum: 0, exclusiveMinimum: true } },
    additionalProperties: false,
  };
  async function validated() {
    const api = await draft();
    const model = await api.create('Model', 'Body', { Schema: schema, ContentType: 'application/json' });
    const validator = await api.create('RequestValidator', 'V', {
      ValidateRequestBody: 'true',
      ValidateRequestParameters: true,
    });
    await api.add({
      path: '/things',
      method: 'POST',
      RequestModels: { 'application/json': model.ref },
      RequestValidatorId: validator.ref,
      RequestParameters: { 'method.request.querystring.q': true },
    });
    return api.deploy();
  }
  it.each([
    ['no JSON', '{"n":'],
    ['nothing', ''],
    ['an unknown field', '{"n":1,"m":2}'],
    ['a wrong type', '{"n":"1"}'],
    ['the limit itself, where draft-04 calls it exclusive', '{"n":0}'],
    ['an array 10,000 deep', '['.repeat(10_000) + ']'.repeat(10_000)],
  ])('rejects %s before the function', async (_what, body) => {
    const call = await validated();
    const { status, text } = await call('/things?q=1', post(body));
    expect([status, text]).toEqual([400, '{"message":"Invalid request body"}']);
  });

  it('lets a valid body through, and any body of a type without a model', async () => {
    const call = await validated();
    expect((await call('/things?q=1', post('{"n":1}'))).status).toBe(200);
    expect((await call('/things?q=1', post('{"n":1}', 'application/json; charset=utf-8'))).status).toBe(200);
    expect((await call('/things?q=1', post('not JSON', 'text/plain'))).status).toBe(200);
  });

  it('rejects a request without a required parameter', async () => {
    const call = await validated();
    const { status, text } = await call('/things', post('{"n":1}'));
    expect(status).toBe(400);
    expect(text).toContain('Missing required request parameters: [q]');
  });
});

describe('a Lambda authorizer', () => {
  const AUTHORIZER = `let asked = 0;
    const policy = (Effect, Resource) => ({ Version: '2012-10-17', Statement: [{ Action: 'execute-api:Invoke', Effect, Resource }] });
    exports.handler = async (event) => {
      asked += 1;
      const token = event.headers?.Authorization;
      if (token === 'none') throw new Error('Unauthorized');
      if (token === 'broken') throw new Error('Unauthorized: expired');
      if (token === 'odd') return { principalId: 'x' };
      if (token === 'nested') return { principalId: 'x', policyDocument: policy('Allow', '*'), context: { a: {} } };
      const effect = token === 'deny' ? 'Deny' : 'Allow';
      const resource = token === 'narrow' ? event.methodArn : event.methodArn.replace(/\\/[A-Z]+\\/.*/, '/*');
      return { principalId: 'alice', policyDocument: policy(effect, resource), context: { asked, admin: true, challenge: 'more' } };
    };`;

  async function guarded(properties: Properties = {}, now?: () => number) {
    const api = await draft({ echo: ECHO, auth: AUTHORIZER }, { now });
    const authorizer = await api.create('Authorizer', 'Auth', {
      Name: 'auth',
      Type: 'REQUEST',
      AuthorizerUri: integrationUri('auth'),
      IdentitySource: 'method.request.header.Authorization',
      AuthorizerResultTtlInSeconds: 60,
      ...properties,
    });
    const custom = { AuthorizationType: 'CUSTOM', AuthorizerId: authorizer.ref };
    await api.add({ path: '/a', ...custom });
    await api.add({ path: '/b', ...custom });
    return api;
  }
  it('passes its context to the function as text', async () => {
    const call = await (await guarded()).deploy();
    expect(authorizerContext((await call('/a', as('alice'))).text)).toEqual({
      asked: '1',
      admin: 'true',
      challenge: 'more',
      principalId: 'alice',
      integrationLatency: expect.any(Number),
    });
  });

  it.each([
    ['is absent', {}, 401, '{"message":"Unauthorized"}', 'UnauthorizedException'],
    [
      'is rejected with "Unauthorized"',
      as('none'),
      401,
      '{"message":"Unauthorized"}',
      'UnauthorizedException',
    ],
    ['makes it fail otherwise', as('broken'), 500, '{"message":null}', 'AuthorizerConfigurationException'],
    ['gets a malformed policy', as('odd'), 500, '{"message":null}', 'AuthorizerConfigurationException'],
    ['gets a context with depth', as('nested'), 500, '{"message":null}', 'AuthorizerConfigurationException'],
    [
      'is denied',
      as('deny'),
      403,
      '{"Message":"User is not authorized to access this resource with an explicit deny in an identity-based policy"}',
      'AccessDeniedException',
    ],
  ])('answers as AWS does where the token %s', async (_what, init, status, text, errorType) => {
    const call = await (await guarded()).deploy();
    const answer = await call('/a', init);
    expect([answer.status, answer.text]).toEqual([status, text]);
    expect(answer.headers.get('x-amzn-errortype')).toBe(errorType);
  });

  it('is not invoked without its identity source', async () => {
    const call = await (await guarded()).deploy();
    await call('/a');
    expect(authorizerContext((await call('/a', as('alice'))).text).asked).toBe('1');
  });

  it('is invoked once per token and TTL, and its cached policy is evaluated for each method', async () => {
    let clock = 1_000_000;
    const call = await (await guarded({}, () => clock)).deploy();
    const asked = async (path: string, token: string) =>
      authorizerContext((await call(path, as(token))).text).asked;
    expect(await asked('/a', 'alice')).toBe('1');
    expect(await asked('/b', 'alice')).toBe('1');
    expect(await asked('/a', 'bob')).toBe('2');
    clock += 60_001;
    expect(await asked('/a', 'alice')).toBe('3');
    expect((await call('/a', as('narrow'))).status).toBe(200);
    expect((await call('/b', as('narrow'))).status).toBe(403);
  });

  it('is invoked each time without a TTL and after a thrown Unauthorized', async () => {
    const call = await (await guarded({ AuthorizerResultTtlInSeconds: 0 })).deploy();
    await call('/a', as('alice'));
    await call('/a', as('none'));
    expect(authorizerContext((await call('/a', as('alice'))).text).asked).toBe('3');
  });

  it('without a permission for the gateway is a 500', async () => {
    const api = await draft();
    await functions?.add('auth', AUTHORIZER);
    const { ref } = await api.create('Authorizer', 'Auth', {
      Name: 'auth',
      Type: 'REQUEST',
      AuthorizerUri: integrationUri('auth'),
      IdentitySource: 'method.request.header.Authorization',
    });
    await api.add({ path: '/a', AuthorizationType: 'CUSTOM', AuthorizerId: ref });
    const call = await api.deploy();
    expect((await call('/a', as('alice'))).status).toBe(500);
  });

  it('is rejected with gateway responses that have static headers, authorizer context and a template', async () => {
    const api = await guarded();
    await api.create('GatewayResponse', 'G401', {
      ResponseType: 'UNAUTHORIZED',
      ResponseParameters: { 'gatewayresponse.header.WWW-Authenticate': `'Bearer scope="a b"'` },
      ResponseTemplates: {
        'application/problem+json': '{"detail":$context.error.messageString,"id":"$context.requestId"}',
      },
    });
    await api.create('GatewayResponse', 'G403', {
      ResponseType: 'ACCESS_DENIED',
      StatusCode: '451',
      ResponseParameters: { 'gatewayresponse.header.X-More': 'context.authorizer.challenge' },
    });
    await api.create('GatewayResponse', 'G4XX', {
      ResponseType: 'DEFAULT_4XX',
      ResponseTemplates: { 'application/json': '{"type":"$context.error.responseType"}' },
    });
    const call = await api.deploy();
    const unauthorized = await call('/a');
    expect(unauthorized.headers.get('www-authenticate')).toBe('Bearer scope="a b"');
    expect(unauthorized.headers.get('content-type')).toBe('application/problem+json');
    expect(JSON.parse(unauthorized.text)).toEqual({
      detail: 'Unauthorized',
      id: unauthorized.headers.get('x-amzn-requestid'),
    });
    const denied = await call('/a', as('deny'));
    expect([denied.status, denied.headers.get('x-more')]).toEqual([451, 'more']);
    expect((await call('/nowhere')).text).toBe('{"type":"MISSING_AUTHENTICATION_TOKEN"}');
  });
});

describe('a preflight', () => {
  const integration = {
    Type: 'MOCK',
    RequestTemplates: { 'application/json': '{ statusCode: 200 }' },
    IntegrationResponses: [
      {
        StatusCode: '204',
        ResponseParameters: { 'method.response.header.Access-Control-Allow-Origin': "'https://a.example'" },
      },
    ],
  };
  const MethodResponses = [
    { StatusCode: '204', ResponseParameters: { 'method.response.header.Access-Control-Allow-Origin': true } },
  ];

  it('is answered by the mock', async () => {
    const call = await serve({ path: '/', method: 'OPTIONS', integration, MethodResponses });
    const { status, headers, text } = await call('/', { method: 'OPTIONS' });
    expect([status, text, headers.get('access-control-allow-origin')]).toEqual([
      204,
      '',
      'https://a.example',
    ]);
  });

  it('may set only headers that its method response declares', async () => {
    const route = { path: '/', method: 'OPTIONS', integration, MethodResponses: [{ StatusCode: '204' }] };
    await expect(serve(route)).rejects.toThrow('does not declare');
  });
});

const serveStream = (body: string) =>
  serve({ path: '/', method: 'ANY', integration: streamFrom('fn') }, streaming(body));

describe('a streaming integration', () => {
  it('sends status, headers and cookies, and each chunk before the next is written', async () => {
    const api = await draft(
      streaming(`from({ statusCode: 207, headers: { 'X-One': 'a', 'WWW-Authenticate': 'no' }, cookies: ['c=1'] });
        out.write('first');
        while (!require('node:fs').existsSync(event.queryStringParameters.go)) await pause();
        out.write('second'); out.end();`),
    );
    await api.add({ path: '/', integration: streamFrom('fn') });
    const { url } = await api.deploy();
    const folder = mkdtempSync(join(tmpdir(), 'portunus-stream-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const go = join(folder, 'go');
    const response = await fetch(`${url}/?go=${encodeURIComponent(go)}`);
    expect(response.status).toBe(207);
    expect(response.headers.get('x-one')).toBe('a');
    expect(response.headers.getSetCookie()).toEqual(['c=1']);
    expect(response.headers.get('x-amzn-remapped-www-authenticate')).toBe('no');
    const chunks: string[] = [];
    for await (const chunk of response.body ?? []) {
      chunks.push(Buffer.from(chunk).toString());
      writeFileSync(go, '');
    }
    expect(chunks).toEqual(['first', 'second']);
  });

  it('sends an empty body', async () => {
    const call = await serveStream(`from({ statusCode: 202 }); out.write(''); out.end();`);
    expect(await call('/')).toMatchObject({ status: 202, text: '' });
  });

  it.each([
    ['throws before the first byte', `throw new Error('early');`],
    ['ends without a write', 'from({ statusCode: 200 }); out.end();'],
    ['writes no prelude', `out.write('plain'); out.end();`],
    ['has a prelude without a status', `from({ headers: {} }); out.write('x'); out.end();`],
  ])('is a 502 where the function %s', async (_what, body) => {
    const call = await serveStream(body);
    expect(await call('/')).toMatchObject({ status: 502, text: '{"message":"Internal server error"}' });
  });

  it('is reset when the function fails after the first byte', async () => {
    const call = await serveStream(
      `from({ statusCode: 200 }); out.write('begun'); await pause(); throw new Error('late');`,
    );
    await expect(call('/')).rejects.toThrow('terminated');
  });

  it('continues when the client disconnects', async () => {
    const api = await draft(
      streaming(
        `from({ statusCode: 200 }); out.write('begun'); await pause(); out.write('x'); await pause(); console.log('to the end'); out.end();`,
      ),
    );
    await api.add({ path: '/', integration: streamFrom('fn') });
    const { url } = await api.deploy();
    await new Promise<void>((resolve) => {
      const request = httpRequest(url, (response) => {
        response.once('data', () => {
          response.destroy();
          resolve();
        });
      });
      request.end();
    });
    await vi.waitFor(() => {
      expect(functions?.lambda.logs().some(({ line }) => line.includes('to the end'))).toBe(true);
    });
  });

  it('fails with a buffered function', async () => {
    const call = await serve({ path: '/', integration: streamFrom('echo') });
    expect((await call('/')).status).toBe(502);
  });

  it('is required by a streaming function', async () => {
    const body = `from({ statusCode: 200 }); out.write('x'); out.end();`;
    const call = await serve({ path: '/', integration: proxyTo('fn') }, streaming(body));
    expect((await call('/')).status).toBe(502);
  });
});

describe('a template fails the start', () => {
  it('with a second API', async () => {
    const api = await draft();
    await expect(api.create('RestApi', 'Other', {})).rejects.toThrow('only one REST API is supported');
  });

  it.each([
    [
      'a STREAM integration with the buffered URI',
      { integration: { ...proxyTo('echo'), ResponseTransferMode: 'STREAM' } },
      'response-streaming-invocations',
    ],
    [
      '29 seconds of buffering',
      { integration: { ...proxyTo('echo'), TimeoutInMillis: 29_001 } },
      'TimeoutInMillis',
    ],
    ['CUSTOM without an authorizer', { AuthorizationType: 'CUSTOM' }, 'AuthorizerId'],
    ['an unknown method', { method: 'FETCH' }, 'HttpMethod'],
    ['an integration it does not know', { integration: { Type: 'HTTP_PROXY', Uri: 'x' } }, 'Integration'],
  ])('with %s', async (_what, route, message) => {
    const api = await draft();
    await expect(api.add({ path: '/', ...route })).rejects.toThrow(message);
  });

  it('with a path after {proxy+}', async () => {
    const api = await draft();
    await expect(api.add({ path: '/{proxy+}/b' })).rejects.toThrow('nothing can follow');
  });
});
