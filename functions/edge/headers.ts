// Request headers as they came, every value of them: a client, a proxy and this API must not read different ones.
import type { APIGatewayProxyEvent, APIGatewayRequestAuthorizerEvent } from 'aws-lambda';

import { AppError } from '#shared/core/errors.ts';

type Headed = Pick<APIGatewayProxyEvent | APIGatewayRequestAuthorizerEvent, 'headers' | 'multiValueHeaders'>;

/** All values, in the order of arrival, whatever the case of the name. `headers` holds only the last of several. */
export function headerValues({ headers, multiValueHeaders }: Headed, name: string): string[] {
  const named = <Value>(values: Readonly<Record<string, Value>> | null | undefined) =>
    Object.entries(values ?? {}).flatMap(([key, value]) => (key.toLowerCase() === name ? [value] : []));
  const all = named(multiValueHeaders).flatMap((values) => values ?? []);
  return all.length > 0 ? all : named(headers).filter((value) => value !== undefined);
}

/** A second value of one of these changes who calls, what is meant, or how often it is done. */
const ONCE =
  /^(?:authorization|content-type|content-encoding|host|origin|idempotency-key|x-api-key|mcp-.+|x-portunus-.+)$/;

/** The first header that may stand once and is given twice, in lower case. */
export function repeatedHeader({ headers, multiValueHeaders }: Headed): string | undefined {
  const names = [...Object.keys(multiValueHeaders ?? {}), ...Object.keys(headers ?? {})];
  return names
    .map((name) => name.toLowerCase())
    .find((name) => ONCE.test(name) && headerValues({ headers, multiValueHeaders }, name).length > 1);
}

/** A verdict kept for one of two tokens must not serve the other. @throws {AppError} `unauthenticated` */
export function checkToken(event: Headed): void {
  if (headerValues(event, 'authorization').length < 2) return;
  throw new AppError('unauthenticated', 'The request has more than one Authorization header.', {
    reason: 'token_malformed',
    next_step: 'Send one Authorization header with one access token.',
  });
}

/** Rejects a request with a repeated header. @throws {AppError} `invalid_input` naming the header */
export function checkHeaders(event: Headed): void {
  const name = repeatedHeader(event);
  if (name === undefined) return;
  // Quote only the prefix of a name whose remainder the caller chooses: the remainder may be a secret.
  const known = /^(?:mcp|x-portunus)-/.exec(name)?.[0].concat('…') ?? name;
  throw invalidHeader(known, 'must not be repeated; send it once');
}

/** @param name as documented: never one that the caller made up */
export const invalidHeader = (name: string, message: string): AppError =>
  new AppError('invalid_input', `The header ${name} is not valid.`, {
    issues: [{ path: `header.${name}`, message }],
  });
