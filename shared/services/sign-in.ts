// Sign-in at an issuer that MCP clients cannot use by themselves.
import { oauthError } from '#shared/auth/oauth-error.ts';
import {
  authorizeAt,
  type Parameters,
  passBack,
  registerClient,
  type RelaySite,
} from '#shared/auth/sign-in-relay.ts';
import { tokenRequest, tokenResponse } from '#shared/auth/sign-in-tokens.ts';
import { AppError } from '#shared/core/errors.ts';
import type { Egress } from '#shared/egress/egress.ts';

const DEADLINE_MS = 8000;

type Ports = {
  readonly site: RelaySite & { readonly token: string };
  /** Loaded with the first exchange: a start does not pay for the network stack. */
  readonly egress: () => Promise<Pick<Egress, 'send'>>;
};

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}

export const createSignIn = ({ site, egress }: Ports) => ({
  register: (metadata: unknown) => registerClient(site, metadata),
  authorize: (query: Parameters) => authorizeAt(site, query),
  callback: (query: Parameters, hasCookie: (name: string) => boolean) => passBack(site, query, hasCookie),

  /** @throws {AppError} with `oauth_error` */
  async exchange(form: Parameters): Promise<object> {
    const body = new URLSearchParams(tokenRequest(site, form)).toString();
    const { send } = await egress();
    const response = await send({
      url: site.token,
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body,
      deadlineMs: DEADLINE_MS,
    }).catch((error: unknown) => {
      if (error instanceof AppError)
        throw oauthError('temporarily_unavailable', 'The issuer is unreachable.');
      throw error;
    });
    return tokenResponse(response.status, parsed(response.body));
  },
});
