// A REST API as its template declares it. Strict objects: an unknown field inside a property fails the start.
import * as z from 'zod';

/** CloudFormation accepts booleans and numbers as text. */
const Flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]);
const Amount = z.coerce.number();
const Texts = z.record(z.string(), z.string());

/** `Fn::Join` of `arn:aws:apigateway:<region>:lambda:path/<version>/functions/<function arn>/<call>`. */
const LambdaUri = z.string().transform((uri, context) => {
  const match = /:lambda:path\/[\d-]+\/functions\/(arn:[^/]+)\/((?:response-streaming-)?invocations)$/.exec(
    uri,
  );
  if (match?.[1] === undefined) {
    context.addIssue({ code: 'custom', message: `${uri} does not name a function` });
    return z.NEVER;
  }
  return { functionArn: match[1], streams: match[2] !== 'invocations' };
});

const IntegrationResponse = z.strictObject({
  StatusCode: z.coerce.string(),
  SelectionPattern: z.string().optional(),
  ResponseParameters: Texts.default({}),
  ResponseTemplates: Texts.default({}),
  ContentHandling: z.never().optional(),
});

const ProxyIntegration = z
  .strictObject({
    Type: z.literal('AWS_PROXY'),
    IntegrationHttpMethod: z.literal('POST'),
    Uri: LambdaUri,
    TimeoutInMillis: Amount.default(29_000),
    ResponseTransferMode: z.enum(['BUFFERED', 'STREAM']).default('BUFFERED'),
    PassthroughBehavior: z.string().optional(), // no effect for a proxy integration
  })
  .refine(({ Uri, ResponseTransferMode }) => Uri.streams === (ResponseTransferMode === 'STREAM'), {
    message: 'STREAM needs the URI of response-streaming-invocations, and only STREAM may have it',
  })
  .refine(
    ({ TimeoutInMillis, ResponseTransferMode }) =>
      TimeoutInMillis >= 50 && TimeoutInMillis <= (ResponseTransferMode === 'STREAM' ? 900_000 : 29_000),
    { message: 'TimeoutInMillis: 50 to 29,000, with STREAM up to 900,000' },
  );

const MockIntegration = z.strictObject({
  Type: z.literal('MOCK'),
  RequestTemplates: Texts.default({}),
  IntegrationResponses: z.array(IntegrationResponse).default([]),
  PassthroughBehavior: z.string().optional(),
});
export type MockIntegration = z.output<typeof MockIntegration>;
export type ProxyIntegration = z.output<typeof ProxyIntegration>;

export const Method = z
  .object({
    RestApiId: z.string(),
    ResourceId: z.string(),
    HttpMethod: z.enum(['ANY', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']),
    AuthorizationType: z.enum(['NONE', 'CUSTOM']),
    AuthorizerId: z.string().optional(),
    ApiKeyRequired: Flag.optional().refine((required) => required !== true, 'API keys are not copied'),
    RequestModels: Texts.default({}),
    RequestValidatorId: z.string().optional(),
    RequestParameters: z.record(z.string(), Flag).default({}),
    Integration: z.union([ProxyIntegration, MockIntegration]),
    MethodResponses: z
      .array(
        z.strictObject({
          StatusCode: z.coerce.string(),
          ResponseParameters: z.record(z.string(), Flag).default({}),
          ResponseModels: Texts.optional(),
        }),
      )
      .default([]),
  })
  .refine(
    ({ AuthorizationType, AuthorizerId }) => AuthorizationType === 'NONE' || AuthorizerId !== undefined,
    {
      message: 'AuthorizationType CUSTOM needs an AuthorizerId',
    },
  );
export type Method = z.output<typeof Method>;

export const Authorizer = z.object({
  RestApiId: z.string(),
  Name: z.string(),
  Type: z.literal('REQUEST'),
  AuthorizerUri: LambdaUri,
  IdentitySource: z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((source) => source.trim())
        .filter(Boolean),
    ),
  AuthorizerResultTtlInSeconds: Amount.min(0).max(3600).default(300),
});
export type Authorizer = z.output<typeof Authorizer>;

export const GatewayResponse = z.object({
  RestApiId: z.string(),
  ResponseType: z.string(),
  StatusCode: z.coerce.number().optional(),
  ResponseParameters: Texts.default({}),
  ResponseTemplates: Texts.default({}),
});
export type GatewayResponse = z.output<typeof GatewayResponse>;

export const Model = z.object({
  RestApiId: z.string(),
  Name: z.string().optional(),
  ContentType: z.string().default('application/json'),
  Schema: z.record(z.string(), z.unknown()),
});

export const Validator = z.object({
  RestApiId: z.string(),
  ValidateRequestBody: Flag.default(false),
  ValidateRequestParameters: Flag.default(false),
});
export type Validator = z.output<typeof Validator>;

const MethodSetting = z.strictObject({
  ResourcePath: z.string().default('/*'),
  HttpMethod: z.string().default('*'),
  ThrottlingRateLimit: Amount.optional(),
  ThrottlingBurstLimit: Amount.optional(),
  LoggingLevel: z.string().optional(),
  DataTraceEnabled: Flag.optional(),
  MetricsEnabled: Flag.optional(),
});
export type MethodSetting = z.output<typeof MethodSetting>;

export const Stage = z.object({
  RestApiId: z.string(),
  DeploymentId: z.string(),
  StageName: z.string().regex(/^[A-Za-z0-9_-]{1,128}$/),
  Variables: Texts.default({}),
  MethodSettings: z.array(MethodSetting).default([]),
});
export type Stage = z.output<typeof Stage>;

export const RestApi = z.object({
  Name: z.string().optional(),
});

export const Resource = z.object({
  RestApiId: z.string(),
  ParentId: z.string(),
  PathPart: z.string().regex(/^(\{[\w.-]+\+?\}|[\w.~:$@,;=-]+)$/),
});
