// Request validators: required parameters, and bodies against the method's models.
import { type Call, requireMatch, type Values, headerValue } from './api-call.ts';
import type { Snapshot } from './api-draft.ts';
import { GatewayError } from './gateway-error.ts';

/** @throws {GatewayError} whose `validationErrorString` names the violated rule, not the value. */
export function validateRequest(call: Call, { validators, models }: Snapshot): void {
  const { method } = requireMatch(call);
  const validator = validators.get(method.RequestValidatorId ?? '');
  if (validator?.ValidateRequestParameters === true) validateParameters(call, method.RequestParameters);
  if (validator?.ValidateRequestBody === true) validateBody(call, models);
}

function validateBody(call: Call, models: Snapshot['models']): void {
  const { method } = requireMatch(call);
  const model = modelFor(method.RequestModels, headerValue(call.headers, 'content-type'));
  if (model === undefined) return; // a content type without a model passes unchecked, on AWS as well
  const validate = models.get(model);
  if (validate === undefined) throw new GatewayError('API_CONFIGURATION_ERROR');
  const body = parsed(call.body);
  if (body === undefined) throw new GatewayError('BAD_REQUEST_BODY', undefined, '[not JSON]');
  if (validate(body.value)) return;
  const rules = validate.errors?.map(({ instancePath, keyword }) => `${instancePath || '/'}: ${keyword}`);
  throw new GatewayError('BAD_REQUEST_BODY', undefined, `[${rules?.join(', ')}]`);
}

function modelFor(
  models: Readonly<Record<string, string>>,
  contentType: string | undefined,
): string | undefined {
  const type = (contentType ?? 'application/json').split(';')[0]?.trim().toLowerCase() ?? '';
  return models[type] ?? models.$default;
}

function parsed(body: Buffer | undefined): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(body?.toString('utf8') ?? '') };
  } catch {
    return undefined;
  }
}

function validateParameters(call: Call, parameters: Readonly<Record<string, boolean>>): void {
  const missing = Object.entries(parameters)
    .filter(([, required]) => required)
    .map(([source]) => source)
    .filter((source) => !isPresent(source, call))
    .map((source) => source.split('.').slice(3).join('.'));
  if (missing.length === 0) return;
  throw new GatewayError(
    'BAD_REQUEST_PARAMETERS',
    `Missing required request parameters: [${missing.join(', ')}]`,
  );
}

function isPresent(source: string, call: Call): boolean {
  const [, kind, name = ''] = /^method\.request\.(header|querystring|path)\.(.+)$/.exec(source) ?? [];
  if (kind === 'header') return headerValue(call.headers, name) !== undefined;
  if (kind === 'path') return requireMatch(call).pathParameters?.[name] !== undefined;
  return hasValue(call.query, name);
}

const hasValue = (values: Values, name: string): boolean => values.get(name)?.some(Boolean) ?? false;
