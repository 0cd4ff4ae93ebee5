// Request validators: required parameters, and bodies against the method's models.
import { type Call, matchOf, type Values, valueOf } from './call.ts';
import type { Snapshot } from './draft.ts';
import { Refusal } from './refusal.ts';

/** Throws a Refusal; `$context.error.validationErrorString` then says which rule, never which value. */
export function validateRequest(call: Call, { validators, models }: Snapshot): void {
  const { method } = matchOf(call);
  const validator = validators.get(method.RequestValidatorId ?? '');
  if (validator?.ValidateRequestParameters === true) validateParameters(call, method.RequestParameters);
  if (validator?.ValidateRequestBody === true) validateBody(call, models);
}

function validateBody(call: Call, models: Snapshot['models']): void {
  const { method } = matchOf(call);
  const model = modelFor(method.RequestModels, valueOf(call.headers, 'content-type'));
  if (model === undefined) return; // a content type without a model passes unchecked, on AWS as well
  const validate = models.get(model);
  if (validate === undefined) throw new Refusal('API_CONFIGURATION_ERROR');
  const body = parsed(call.body);
  if (body === undefined) throw new Refusal('BAD_REQUEST_BODY', undefined, '[not JSON]');
  if (validate(body.value)) return;
  const rules = validate.errors?.map(({ instancePath, keyword }) => `${instancePath || '/'}: ${keyword}`);
  throw new Refusal('BAD_REQUEST_BODY', undefined, `[${rules?.join(', ')}]`);
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
  throw new Refusal('BAD_REQUEST_PARAMETERS', `Missing required request parameters: [${missing.join(', ')}]`);
}

function isPresent(source: string, call: Call): boolean {
  const [, kind, name = ''] = /^method\.request\.(header|querystring|path)\.(.+)$/.exec(source) ?? [];
  if (kind === 'header') return valueOf(call.headers, name) !== undefined;
  if (kind === 'path') return matchOf(call).pathParameters?.[name] !== undefined;
  return hasValue(call.query, name);
}

const hasValue = (values: Values, name: string): boolean => values.get(name)?.some(Boolean) ?? false;
