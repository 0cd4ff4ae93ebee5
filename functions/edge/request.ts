// Parses a request for every kind of handler: body bounded, JSON only, never quoted in an error.
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';

import { type Deadline, deadlineIn } from '#shared/core/deadline.ts';
import { AppError } from '#shared/core/errors.ts';
import { HOPS_HEADER, parseHops, DEADLINE_HEADER, parseDeadlineHeader } from '#shared/core/hops.ts';
import { parseJson } from '#shared/core/scan-json.ts';

import { headerValues } from './headers.ts';
import { type Route, type RouteKind, type RouteName, routes, type ScopedRoute } from '#functions/routes.ts';

const DEFAULT_BODY_KIB = 256;

export type CallerRouteName = RouteName<Exclude<RouteKind, 'public'>>;

/** The function's own row of the route table, which states its scope and bounds. */
export function callerRouteRow(name: CallerRouteName): ScopedRoute {
  const row: Route | undefined = routes.find((route) => route.name === name);
  if (!row || row.kind === 'public') throw new Error(`Unknown route: ${name}`);
  return row;
}

/** The one value: requests with two are rejected before (`checkHeaders`). */
const headerOf = (event: APIGatewayProxyEvent, name: string): string | undefined =>
  headerValues(event, name)[0];

type Parameters = Readonly<Record<string, string | undefined>>;

const wellFormed = (parameters: Parameters | null): Parameters =>
  Object.fromEntries(
    Object.entries(parameters ?? {}).map(([name, value]) => [name.toWellFormed(), value?.toWellFormed()]),
  );

/** All parts of a request that a schema parses, their text well-formed. @throws as `jsonBody` does */
export const requestParts = (event: APIGatewayProxyEvent, row: Route) => ({
  path: wellFormed(event.pathParameters),
  query: wellFormed(event.queryStringParameters),
  body: jsonBody(event, row),
});

/**
 * Proxies, the gateway and this code may read different ones of two values. To be called once the schema has accepted the
 * names: before that they are text of the caller, which no error repeats.
 * @throws {AppError} `invalid_input`
 */
export function checkQuery({ multiValueQueryStringParameters }: APIGatewayProxyEvent): void {
  const repeated = Object.entries(multiValueQueryStringParameters ?? {}).filter(
    ([, values = []]) => values.length > 1,
  );
  if (repeated.length === 0) return;
  throw new AppError('invalid_input', undefined, {
    issues: repeated.map(([name]) => ({ path: `query.${name}`, message: 'must not be repeated' })),
  });
}

export const hasQuery = ({ queryStringParameters }: APIGatewayProxyEvent): boolean =>
  Object.keys(queryStringParameters ?? {}).length > 0;

/** `true`: fields and parameters that would be dropped reject the request instead. */
const STRICT_HEADER = 'x-portunus-strict';

export const isStrict = (event: APIGatewayProxyEvent): boolean => headerOf(event, STRICT_HEADER) === 'true';

/** Clients of other vendors' APIs send parameters of their own, as `api-version` or `beta`. */
export const ignoresUnknownQuery = (event: APIGatewayProxyEvent, { path }: Route): boolean =>
  path.startsWith('/v1/') && !isStrict(event);

/** For routes without parameters, whose query no schema parses. @throws {AppError} `invalid_input` naming no parameter */
export function checkNoQuery(event: APIGatewayProxyEvent): void {
  if (!hasQuery(event)) return;
  throw new AppError('invalid_input', undefined, {
    issues: [{ path: 'query', message: 'has a field that is not known here' }],
  });
}

/** When this call must be over: before the platform ends it, and before its caller gives up. */
export const deadlineOf = (event: APIGatewayProxyEvent, context: Context, marginMs: number): Deadline =>
  deadlineIn(
    Math.min(
      context.getRemainingTimeInMillis() - marginMs,
      parseDeadlineHeader(headerOf(event, DEADLINE_HEADER)),
    ),
  );

/** Gateways between the caller and us. */
export const hopsOf = (event: APIGatewayProxyEvent): number => parseHops(headerOf(event, HOPS_HEADER));

/** @throws {AppError} `payload_too_large` */
export function bodyText(
  event: APIGatewayProxyEvent,
  { bodyLimitKiB = DEFAULT_BODY_KIB }: Route,
): string | null {
  const { body, isBase64Encoded } = event;
  if (body === null || body === undefined || body === '') return null;
  const limit = bodyLimitKiB * 1024;
  const size = isBase64Encoded ? (body.length / 4) * 3 : Buffer.byteLength(body);
  if (size > limit) throw new AppError('payload_too_large', `The body exceeds ${bodyLimitKiB} KiB.`);
  return isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body.toWellFormed();
}

/** Values in proportion to the body: 4 MiB hold 128 tools and a thousand messages. */
const boundsOf = ({ bodyLimitKiB = DEFAULT_BODY_KIB }: Route) => ({ depth: 32, nodes: 20 * bodyLimitKiB });

/** @throws {AppError} `payload_too_large`, `unsupported_media_type`, `invalid_input` */
export function jsonBody(event: APIGatewayProxyEvent, row: Route): unknown {
  const text = bodyText(event, row);
  if (text === null) return undefined;
  const type = headerOf(event, 'content-type') ?? '';
  if (!/^application\/json\s*(?:;|$)/i.test(type)) throw new AppError('unsupported_media_type');
  return parseJson(text, boundsOf(row));
}
