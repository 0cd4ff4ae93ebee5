// One operation of an HTTP API: what its definition must be, and the request that its arguments make.
import { AppError } from '#shared/core/errors.ts';
import { ownProperty } from '#shared/core/own-property.ts';
import type { Credential, HttpOperation, JsonSchema } from '#shared/tools/registered.ts';

import { mayBeCredential, mayBeHeader } from './header-names.ts';
import { leadsElsewhere, segmentOf } from './path-segment.ts';
import { multipartOf } from './multipart.ts';
import { encodeForm, queryOf, Unsendable } from './query.ts';

type Arguments = Readonly<Record<string, unknown>>;
export type HttpRequest = {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
};

const PLACEHOLDER = /\{([^{}]*)\}/g;
const HEADER_VALUE = /^[\x20-\x7e]{0,1024}$/;
const TYPES = { json: 'application/json', form: 'application/x-www-form-urlencoded' } as const;
const JSON_TYPES = 'application/json, text/plain;q=0.5';

type Where = Pick<HttpOperation, 'url' | 'parameters'>;
type Parameter = HttpOperation['parameters'][number];

const rejectOperation = (path: string, message: string): never => {
  throw new AppError('invalid_input', 'The operation is not supported.', { issues: [{ path, message }] });
};

const badArgument = (name: string, message: string): never => {
  throw new AppError('invalid_input', 'An argument is invalid.', {
    issues: [{ path: `parameters.${name}`, message }],
  });
};

const isObject = (value: unknown): value is Arguments =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Its scheme, host and port hold no argument, and a path that is its own after normalising. */
function templateOf(template: string): URL {
  const url = URL.parse(template.replaceAll(PLACEHOLDER, 'x'));
  const filled = template.replaceAll(PLACEHOLDER, 'x');
  const isOdd = /[{}\\\s]|%2e|%2f|%5c/i.test(filled);
  if (!url || isOdd || leadsElsewhere(filled.replace(/^[a-z]+:\/\/[^/]*/i, '')))
    return rejectOperation('url', 'must be an absolute URL with {arguments} only in its path');
  const [start = ''] = template.split(/[{?]/, 1);
  const inPath = start.startsWith(`${url.origin}/`) || start === url.origin;
  const query = template.split('?')[1] ?? '';
  if (!inPath || query.includes('{')) rejectOperation('url', 'may have {arguments} only in its path');
  return url;
}

/**
 * @param about.checkUrl the guard's word on where it goes
 * @throws {AppError} `invalid_input` naming the field; `egress_refused`
 */
export function checkOperation(
  operation: HttpOperation,
  about: { inputSchema: JsonSchema; credential: Credential | undefined; checkUrl: (url: string) => void },
): void {
  const { url, parameters, body, method } = operation;
  about.checkUrl(templateOf(url).href);
  if (operation.bodyFormat !== undefined && body === undefined)
    rejectOperation('body_format', 'needs a body');
  if (method === 'GET' && body !== undefined) rejectOperation('body', 'cannot be sent with GET');
  checkNames(operation, about.inputSchema);
  for (const one of parameters) checkPlace(one);
  if (about.credential) checkCredential(about.credential, new Set(parameters.map(({ name }) => name)));
}

function checkPlace({ name, in: place, style, explode }: Parameter): void {
  if (place !== 'query' && (style !== undefined || explode !== undefined))
    rejectOperation('parameters', 'have a style where only a query has one');
  if (place === 'header' && !mayBeHeader(name))
    rejectOperation('parameters', 'contain a header that arguments cannot set');
}

function checkNames({ url, parameters, body }: HttpOperation, schema: JsonSchema): void {
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const required = new Set(Array.isArray(schema['required']) ? schema['required'] : []);
  const names = new Set(parameters.map(({ name }) => name));
  if (names.size < parameters.length) rejectOperation('parameters', 'contain an argument twice');
  for (const name of [...names, ...(body === undefined || body === '*' ? [] : [body])]) {
    if (!Object.hasOwn(properties, name))
      rejectOperation('parameters', 'must be properties of the input schema');
  }
  checkPath({ url, parameters }, required);
}

function checkPath(
  { url, parameters }: Pick<HttpOperation, 'url' | 'parameters'>,
  required: ReadonlySet<unknown>,
) {
  const names = new Set(parameters.filter((one) => one.in === 'path').map(({ name }) => name));
  const placeholders = new Set([...url.matchAll(PLACEHOLDER)].map(([, name = '']) => name));
  if (names.size !== placeholders.size || ![...names].every((name) => placeholders.has(name)))
    rejectOperation('url', 'must have each path argument as {name}, and no other');
  if (![...names].every((name) => required.has(name)))
    rejectOperation('parameters', 'in the path must be required');
}

export function checkCredential(
  { header, prefix }: Credential,
  taken: ReadonlySet<string> = new Set(),
): void {
  if (!mayBeCredential(header)) rejectOperation('credential.header', 'is not allowed as a credential header');
  if ([...taken].some((name) => name.toLowerCase() === header.toLowerCase()))
    rejectOperation('credential.header', 'is set by an argument');
  if (!/^[\x21-\x7e ]{0,20}$/.test(prefix)) rejectOperation('credential.prefix', 'must be plain text');
}

const isGiven = (args: Arguments, name: string) => (ownProperty(args, name) ?? null) !== null;

const isScalar = (value: unknown): value is string | number | boolean =>
  ['string', 'number', 'boolean'].includes(typeof value);

/** One segment and no more: whatever the upstream decodes, it stays below where it stands. */
function segment(name: string, value: unknown): string {
  if (!isScalar(value) || value === '') return badArgument(name, 'must be a text, number or boolean');
  return segmentOf(String(value)) ?? badArgument(name, 'cannot stand in a path');
}

function queryPart(parameter: Parameter, value: unknown) {
  try {
    return queryOf(parameter, value);
  } catch (error) {
    if (!(error instanceof Unsendable)) throw error;
    return badArgument(
      parameter.name,
      'cannot be written in a query: must be plain values, or a list or object of them',
    );
  }
}

/** An object in style `form` brings its own names: none may stand for what the definition sets. */
function searchOf({ url, parameters }: Where, args: Arguments): string[] {
  const given = parameters.filter(({ name, in: place }) => place === 'query' && isGiven(args, name));
  const taken = new Set([
    ...parameters.map(({ name }) => name),
    ...new URLSearchParams(url.split('?')[1] ?? '').keys(),
  ]);
  return given.flatMap((parameter) => {
    const { parts, names } = queryPart(parameter, ownProperty(args, parameter.name));
    if (names.some((name) => taken.has(name)))
      badArgument(parameter.name, 'has a member that is another argument');
    for (const name of names) taken.add(name);
    return parts;
  });
}

function headerValue(name: string, value: unknown): string {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  const text = values.every(isScalar) ? values.join(',') : '\0';
  return HEADER_VALUE.test(text) ? text.trim() : badArgument(name, 'cannot stand in a header');
}

function urlOf({ url, parameters }: Where, args: Arguments): string {
  const [template = '', query] = url.split('?', 2);
  const filled = template.replaceAll(PLACEHOLDER, (_, name: string) =>
    segment(name, ownProperty(args, name)),
  );
  if (leadsElsewhere(filled.slice(new URL(filled).origin.length)))
    badArgument('path', 'must not lead elsewhere');
  const search = [query, ...searchOf({ url, parameters }, args)].filter((part) => part).join('&');
  return search ? `${filled}?${search}` : filled;
}

type WrittenBody = { readonly type: string; readonly body: string };

function write({ bodyFormat, bodyEncoding }: HttpOperation, value: unknown): WrittenBody {
  if (bodyFormat === 'multipart') return multipartOf(value, bodyEncoding);
  if (bodyFormat === 'form') return { type: TYPES.form, body: encodeForm(value, bodyEncoding) };
  return { type: TYPES.json, body: JSON.stringify(value) };
}

function writeBody(operation: HttpOperation, args: Arguments): WrittenBody | undefined {
  const { parameters, body } = operation;
  if (body === undefined) return undefined;
  const beside = new Set(parameters.map(({ name }) => name));
  const value =
    body === '*'
      ? Object.fromEntries(Object.entries(args).filter(([name]) => !beside.has(name)))
      : ownProperty(args, body);
  if (value === undefined) return undefined;
  try {
    return write(operation, value);
  } catch (error) {
    if (!(error instanceof Unsendable)) throw error;
    return badArgument(body, 'cannot be written as a form');
  }
}

/** @throws {AppError} `invalid_input` for arguments that would say more than one argument may */
export function buildHttpRequest(operation: HttpOperation, args: Arguments): HttpRequest {
  const written = writeBody(operation, args);
  const given = operation.parameters.filter(
    ({ name, in: place }) => place === 'header' && isGiven(args, name),
  );
  return {
    method: operation.method,
    url: urlOf(operation, args),
    headers: {
      ...Object.fromEntries(given.map(({ name }) => [name.toLowerCase(), headerValue(name, args[name])])),
      accept: JSON_TYPES,
      ...(written && { 'content-type': written.type }),
    },
    ...(written && { body: written.body }),
  };
}
