import { GatewayError } from './gateway-error.ts';

/** Percent-decoding. @throws {GatewayError} 400 for an invalid escape. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new GatewayError('DEFAULT_4XX');
  }
}
