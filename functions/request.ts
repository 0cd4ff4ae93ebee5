// How a request's body is read, whichever way it came: bounded, JSON only, never quoted.
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';

import { type Deadline, deadlineIn } from '#shared/core/deadline.ts';
import { AppError } from '#shared/core/errors.ts';
import { HOPS_HEADER, hopsIn, PATIENCE_HEADER, patienceIn } from '#shared/core/hops.ts';
import { parseJson } from '#shared/core/scan-json.ts';

import { type Route, routes } from './routes.ts';

export type RouteName = (typeof routes)[number]['name'];

const DEFAULT_BODY_KIB = 256;

/** A function's own row of the table of contents: its scope and bounds are stated there, once. */
export function rowOf(name: RouteName): Route {
  const row: Route | undefined = routes.find((route) => route.name === name);
  if (!row) throw new Error(`No route is called ${name}.`);
  return row;
}

export const headerOf = (event: APIGatewayProxyEvent, name: string): string | undefined =>
  Object.entries(event.headers ?? {}).find(([key]) => key.toLowerCase() === name)?.[1];

/** When this call must be over: before the platform ends it, and before its caller gives up. */
export const deadlineOf = (event: APIGatewayProxyEvent, context: Context, marginMs: number): Deadline =>
  deadlineIn(
    Math.min(context.getRemainingTimeInMillis() - marginMs, patienceIn(headerOf(event, PATIENCE_HEADER))),
  );

/** Gateways between the caller and us. */
export const hopsOf = (event: APIGatewayProxyEvent): number => hopsIn(headerOf(event, HOPS_HEADER));

/** @throws {AppError} `payload_too_large` */
export function bodyText(
  event: APIGatewayProxyEvent,
  { bodyLimitKiB = DEFAULT_BODY_KIB }: Route,
): string | null {
  const { body, isBase64Encoded } = event;
  if (body === null || body === undefined || body === '') return null;
  const limit = bodyLimitKiB * 1024;
  const size = isBase64Encoded ? (body.length / 4) * 3 : Buffer.byteLength(body);
  if (size > limit) throw new AppError('payload_too_large', `The body may hold ${bodyLimitKiB} KiB.`);
  return isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body;
}

/** @throws {AppError} `payload_too_large`, `unsupported_media_type`, `invalid_input` */
export function jsonBody(event: APIGatewayProxyEvent, row: Route): unknown {
  const text = bodyText(event, row);
  if (text === null) return undefined;
  const type = headerOf(event, 'content-type') ?? '';
  if (!/^application\/json\s*(?:;|$)/i.test(type)) throw new AppError('unsupported_media_type');
  return parseJson(text);
}
