// Shows the login page and creates session and grant from the chosen user.
import type { IncomingMessage, ServerResponse } from 'node:http';

import type Provider from 'oidc-provider';
import { errors, type InteractionDetails } from 'oidc-provider';

import { expiredPage, loginPage, PAGE_HEADERS } from './login-page.ts';
import { DEMO_USERS, type Role } from './demo-users.ts';

const IDENTITY_SCOPES = ['openid', 'offline_access'];
const FORM_LIMIT = 1024;

type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse };

type LoginOptions = {
  readonly provider: Provider;
  readonly resource: string;
  /** Scopes that users of the role may grant. */
  readonly scopesOf: (role: Role) => readonly string[];
};

export function createLogin({ provider, resource, scopesOf }: LoginOptions) {
  async function show({ request, response }: Exchange): Promise<void> {
    const { uid, params } = await provider.interactionDetails(request, response);
    const html = loginPage({ uid, client: params.client_id, scope: params.scope ?? '' });
    response.writeHead(200, PAGE_HEADERS).end(html);
  }

  async function choose({ request, response }: Exchange): Promise<void> {
    const details = await provider.interactionDetails(request, response);
    const sub = new URLSearchParams(await readForm(request)).get('sub');
    const user = DEMO_USERS.find((known) => known.sub === sub);
    if (!user) return show({ request, response });
    const grantId = await grantTo(user, details);
    const result = { login: { accountId: user.sub, remember: false }, consent: { grantId } };
    return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  }

  /** Grants the requested scopes that the role allows and rejects the rest, so that no second prompt follows. */
  async function grantTo(user: (typeof DEMO_USERS)[number], { params }: InteractionDetails): Promise<string> {
    const grant = new provider.Grant({ accountId: user.sub, clientId: params.client_id });
    const asked = (params.scope ?? '').split(' ');
    const allowed = scopesOf(user.role);
    const given = allowed.filter((scope) => asked.includes(scope));
    const rejected = asked.filter(
      (scope) => scope !== '' && !given.includes(scope) && !IDENTITY_SCOPES.includes(scope),
    );
    grant.addOIDCScope([...IDENTITY_SCOPES, ...given].join(' '));
    grant.addResourceScope(resource, [...IDENTITY_SCOPES, ...given].join(' '));
    if (rejected.length > 0) {
      grant.rejectOIDCScope(rejected.join(' '));
      grant.rejectResourceScope(resource, rejected.join(' '));
    }
    return grant.save();
  }

  /** Handles `/login/<interaction>`. */
  return async function login(exchange: Exchange): Promise<void> {
    try {
      await (exchange.request.method === 'POST' ? choose(exchange) : show(exchange));
    } catch (error) {
      if (!(error instanceof errors.SessionNotFound)) throw error;
      exchange.response.writeHead(400, PAGE_HEADERS).end(expiredPage());
    }
  };
}

async function readForm(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) {
    body += String(chunk);
    if (body.length > FORM_LIMIT) break;
  }
  return body.slice(0, FORM_LIMIT);
}
