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

/** @param name as documented: never one that the caller made up */
export const invalidHeader = (name: string, message: string): AppError =>
  new AppError('invalid_input', `The header ${name} is not valid.`, {
    issues: [{ path: `header.${name}`, message }],
  });
