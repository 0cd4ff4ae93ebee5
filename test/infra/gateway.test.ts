import { describe, expect, it } from 'vitest';

import { openaiError } from '#functions/edge/openai-error.ts';
import { type Route, routes } from '#functions/routes.ts';
import { GATEWAY_REJECTIONS } from '#infra/gateway-responses.ts';
import { MCP_SCOPES, ROLES as OUR_ROLES, SCOPES as OUR_SCOPES } from '#infra/scopes.ts';
import { ROLES, SCOPES } from '#shared/auth/scopes.ts';
import { AppError, type ErrorCode, ERRORS } from '#shared/core/errors.ts';

import { type Properties, resourcesOf, synthesise } from './synthesised.ts';

const bodies = { 'keys-store': { type: 'object', properties: { api_key: { type: 'string' } } } };
const local = synthesise({ stage: 'local' }, bodies);
const dev = synthesise({ stage: 'dev' });
const methods = resourcesOf(local, 'AWS::ApiGateway::Method');
const answers = resourcesOf(local, 'AWS::ApiGateway::GatewayResponse');
const answerTo = (type: string, stage = answers): Properties =>
  stage.find((answer) => answer['ResponseType'] === type) ?? {};
const header = (answer: Properties, name: string): string =>
  JSON.stringify(answer['ResponseParameters']?.[`gatewayresponse.header.${name}`] ?? '');

describe('the routes', () => {
  it('are the rows, each behind the authorizer unless its row says open', () => {
    const open = routes.filter((row) => row.kind === 'public');
    const served = methods.filter((method) => method['HttpMethod'] !== 'OPTIONS');
    const aliases = open.flatMap((row: Route) => row.aliases ?? []);
    expect(served).toHaveLength(routes.length + aliases.length);
    expect(served.filter((method) => method['AuthorizationType'] === 'NONE')).toHaveLength(
      open.length + aliases.length,
    );
    expect(served.filter((method) => method['AuthorizerId'])).toHaveLength(routes.length - open.length);
  });

  it('require the Authorization header and cache a verdict under it alone for a minute, but none under /v1', () => {
    const authorizers = resourcesOf(local, 'AWS::ApiGateway::Authorizer');
    expect(authorizers).toMatchObject([
      {
        Type: 'REQUEST',
        IdentitySource: 'method.request.header.Authorization',
        AuthorizerResultTtlInSeconds: 60,
      },
      // Either of two headers holds the token there, so none can be the name of a cached verdict.
      { Type: 'REQUEST', IdentitySource: '', AuthorizerResultTtlInSeconds: 0 },
    ]);
    const served = methods.filter(({ AuthorizerId }) => AuthorizerId);
    const uses = Map.groupBy(served, ({ AuthorizerId }) => String(AuthorizerId.Ref));
    const uncached = routes.filter(({ path }) => path.startsWith('/v1/'));
    const counts = [...uses].map(([id, { length }]) => [id.startsWith('apiproviderapi'), length]);
    expect(new Map(counts as [boolean, number][]).get(true)).toBe(uncached.length);
    expect(uses.size).toBe(2);
  });

  it('cannot be invoked through the console: no permission names the test stage', () => {
    expect(JSON.stringify(resourcesOf(local, 'AWS::Lambda::Permission'))).not.toContain('test-invoke-stage');
  });

  it('stream where the row says so, as long as its function may run', () => {
    const streaming = methods.filter((method) => method['Integration'].ResponseTransferMode === 'STREAM');
    expect(streaming).toMatchObject([
      { HttpMethod: 'ANY', Integration: { TimeoutInMillis: 60_000 } },
      { HttpMethod: 'POST', Integration: { TimeoutInMillis: 300_000 } }, // chat completions
      { HttpMethod: 'POST', Integration: { TimeoutInMillis: 60_000 } }, // embeddings
      { HttpMethod: 'POST', Integration: { TimeoutInMillis: 300_000 } }, // responses
      { HttpMethod: 'POST', Integration: { TimeoutInMillis: 300_000 } }, // messages
      { HttpMethod: 'POST', Integration: { TimeoutInMillis: 60_000 } }, // their count of tokens
    ]);
  });

  it('reject a body that its schema rejects before a function starts', () => {
    expect(methods.filter((method) => method['RequestModels'])).toMatchObject([
      { HttpMethod: 'POST', RequestModels: { 'application/json': { Ref: expect.any(String) } } },
    ]);
    expect(resourcesOf(local, 'AWS::ApiGateway::Model')).toMatchObject([{ ContentType: 'application/json' }]);
  });

  it('speak TLS 1.3 only, and no default address once there is a domain', () => {
    const [own] = resourcesOf(dev, 'AWS::ApiGateway::RestApi');
    expect(own).toMatchObject({
      SecurityPolicy: 'SecurityPolicy_TLS13_1_3_2025_09',
      EndpointAccessMode: 'STRICT',
      DisableExecuteApiEndpoint: false,
    });
    const domain = synthesise({
      stage: 'prod',
      domain: {
        name: 'api.example.com',
        certificateArn: 'arn:aws:acm:eu-central-1:000000000000:certificate/x',
      },
    });
    expect(resourcesOf(domain, 'AWS::ApiGateway::RestApi')).toMatchObject([
      { DisableExecuteApiEndpoint: true },
    ]);
    expect(resourcesOf(domain, 'AWS::ApiGateway::DomainName')).toMatchObject([
      { SecurityPolicy: 'SecurityPolicy_TLS13_1_3_2025_09', EndpointAccessMode: 'STRICT' },
    ]);
  });

  it('are logged without query string, header or body', () => {
    const [stage] = resourcesOf(local, 'AWS::ApiGateway::Stage');
    const format = Object.keys(JSON.parse(stage?.['AccessLogSetting'].Format) as object);
    expect(format).toMatchInlineSnapshot(`
      [
        "requestId",
        "time",
        "ip",
        "method",
        "route",
        "status",
        "error",
        "responseBytes",
        "latencyMs",
        "integrationLatencyMs",
      ]
    `);
    const settings = stage?.['MethodSettings'] as { DataTraceEnabled?: boolean; LoggingLevel?: string }[];
    expect(settings[0]).toMatchObject({ DataTraceEnabled: false, LoggingLevel: 'OFF' });
    for (const { DataTraceEnabled = false, LoggingLevel = 'OFF' } of settings) {
      expect([DataTraceEnabled, LoggingLevel]).toEqual([false, 'OFF']);
    }
  });

  it('answer a preflight only for the configured origin; metadata, registration and tokens for all', () => {
    const origins = methods
      .filter((method) => method['HttpMethod'] === 'OPTIONS')
      .map(({ Integration }) => Integration.IntegrationResponses[0].ResponseParameters)
      .map((headers) => headers['method.response.header.Access-Control-Allow-Origin']);
    expect(new Set(origins)).toEqual(new Set(["'http://localhost:5173'", "'*'"]));
    const onDev = resourcesOf(dev, 'AWS::ApiGateway::Method').filter(
      ({ HttpMethod }) => HttpMethod === 'OPTIONS',
    );
    const paths = routes.flatMap((row: Route) => [row, ...(row.aliases ?? [])]).map(({ path }) => path);
    const open = new Set(paths.filter((path) => /^\/(?:\.well-known\/|register$|token$)/.test(path)));
    expect(onDev).toHaveLength(open.size);
  });
});

describe('a response of API Gateway itself', () => {
  it.each(Object.entries(GATEWAY_REJECTIONS))(
    '%s has the problem document of the product',
    (type, rejection) => {
      const [status, title] = ERRORS[rejection.code as ErrorCode];
      expect(rejection.title).toBe(title);
      expect(rejection.status ?? status).toBe(status); // none: AWS's own status of the case
      const body = JSON.parse(answerTo(type)['ResponseTemplates']['application/json']) as Properties;
      expect(body).toMatchObject({
        type: 'about:blank',
        code: rejection.code,
        request_id: '$context.requestId',
      });
    },
  );

  it.each(Object.entries(GATEWAY_REJECTIONS))(
    '%s has the error member that clients of OpenAI read',
    (type, rejection) => {
      const made = openaiError(
        new AppError(rejection.code as ErrorCode, rejection.detail),
        '$context.requestId',
      );
      const body = JSON.parse(answerTo(type)['ResponseTemplates']['application/json']) as Properties;
      expect(body['error']).toEqual({
        ...made.error,
        next_step: rejection.nextStep,
        message: `${rejection.detail} ${rejection.nextStep}`,
      });
      expect(header(answerTo(type), 'x-request-id')).toBe('"context.requestId"');
    },
  );

  it('says when to repeat a request that the gateway or Lambda had no capacity for', () => {
    const waits = Object.keys(GATEWAY_REJECTIONS).map((type) => [
      type,
      header(answerTo(type), 'Retry-After'),
    ]);
    expect(waits.filter(([, seconds]) => seconds !== '""')).toEqual([
      ['THROTTLED', `"'1'"`],
      ['QUOTA_EXCEEDED', `"'1'"`],
      ['API_CONFIGURATION_ERROR', `"'5'"`],
      ['DEFAULT_5XX', `"'5'"`],
    ]);
  });

  it('has no character in a document or header that the substitution of the gateway would change', () => {
    for (const answer of answers) {
      const document = answer['ResponseTemplates']['application/json'] as string;
      expect(document.replaceAll('$context.requestId', '')).not.toMatch(/[$#]/);
    }
  });

  it('names each cause of a 401 with its remedy', () => {
    const { detail, next_step } = JSON.parse(
      answerTo('UNAUTHORIZED')['ResponseTemplates']['application/json'],
    ) as { detail: string; next_step: string };
    for (const cause of ['missing', 'expired', 'malformed', 'API key of a provider']) {
      expect(detail).toContain(cause);
      expect(next_step.toLowerCase()).toContain(cause.toLowerCase());
    }
    for (const remedy of [
      'Authorization: Bearer',
      'new access token',
      'the whole access token',
      'POST /api-keys',
    ])
      expect(next_step).toContain(remedy);
    expect(header(answerTo('UNAUTHORIZED'), 'WWW-Authenticate')).toContain('invalid_token');
  });

  it('quotes nothing of the request but its id', () => {
    const mentioned = JSON.stringify(answers).matchAll(/\$(context|input|method)[\w.]*/g);
    expect(new Set([...mentioned].map(([variable]) => variable))).toEqual(new Set(['$context.requestId']));
  });

  it('is never cached, sniffed or read by another origin', () => {
    for (const answer of answers) {
      expect(header(answer, 'Cache-Control')).toContain('no-store');
      expect(header(answer, 'X-Content-Type-Options')).toContain('nosniff');
      expect(header(answer, 'Strict-Transport-Security')).toContain('max-age=63072000');
      expect(header(answer, 'Content-Type')).toContain('application/problem+json');
      expect(header(answer, 'Access-Control-Allow-Origin')).not.toContain('*');
    }
  });

  it('names the authorization server to a caller without a token', () => {
    const challenge = header(answerTo('UNAUTHORIZED'), 'WWW-Authenticate');
    expect(challenge).toContain('"PublicUrl"');
    expect(challenge).toContain('/.well-known/oauth-protected-resource/mcp');
    expect(challenge).toContain(MCP_SCOPES.join(' '));
    expect(header(answerTo('ACCESS_DENIED'), 'WWW-Authenticate')).toContain('insufficient_scope');
  });

  it('names scopes as the issuer of the stage does', () => {
    const onDev = resourcesOf(dev, 'AWS::ApiGateway::GatewayResponse');
    expect(header(answerTo('UNAUTHORIZED', onDev), 'WWW-Authenticate')).toContain('portunus/tools:call');
  });
});

describe('the issuer of a stage', () => {
  it('knows the scopes and roles of the product', () => {
    expect(Object.keys(OUR_SCOPES)).toEqual([...SCOPES]);
    expect([...OUR_ROLES]).toEqual([...ROLES]);
    const used = routes.flatMap((row) => ('scope' in row ? [row.scope] : []));
    expect(Object.keys(OUR_SCOPES)).toEqual(expect.arrayContaining(used));
  });

  it('is external if the stage says so, and then required', () => {
    expect(local.templates.Identity).toBeUndefined();
    expect(local.templates.Api?.Parameters['Issuers']).not.toHaveProperty('Default');
    expect(dev.templates.Api?.Parameters['Issuers']).toHaveProperty('Default', '');
  });
});
