// Routes of OAuth: public, called from any page, by programs that branch on `error` (RFC 6749 §5.2).
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';

import { type Route, type RouteName, routes } from '#functions/routes.ts';
import type { Parameters } from '#shared/auth/sign-in-relay.ts';

import { bufferedHandler, type Problem } from './buffered-handler.ts';
import { headerValues } from './headers.ts';
import { bodyText, checkQuery, jsonBody } from './request.ts';
import { commonHeaders, problemHeaders, toProblem } from './response.ts';

const ANY_PAGE = { 'access-control-allow-origin': '*' };
const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };

/** The members of a problem document beside those of OAuth. */
const oauthProblem: Problem = (error, requestId) => {
  const { oauth_error, ...problem } = { oauth_error: undefined, ...toProblem(error, requestId) };
  const fallback = error.status < 500 ? 'invalid_request' : 'temporarily_unavailable';
  return {
    statusCode: error.status,
    headers: { ...problemHeaders(error), ...JSON_TYPE, ...ANY_PAGE },
    body: JSON.stringify({
      error: oauth_error ?? fallback,
      error_description: `${problem.detail} ${problem.next_step}`,
      ...problem,
    }),
  };
};

export type OAuthRequest = {
  readonly query: Parameters;
  readonly form: () => Parameters;
  readonly json: () => unknown;
  readonly hasCookie: (name: string) => boolean;
};

type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

export const json = (status: number, body: object): Answer => ({
  status,
  headers: JSON_TYPE,
  body: JSON.stringify(body),
});

export const oauthRoute = (
  name: RouteName<'public'>,
  run: (request: OAuthRequest) => Promise<Answer> | Answer,
) =>
  bufferedHandler(async (event): Promise<APIGatewayProxyResult> => {
    checkQuery(event);
    const { status, headers, body } = await run(requestIn(event, publicRouteRow(name)));
    return { statusCode: status, headers: { ...commonHeaders(), ...ANY_PAGE, ...headers }, body };
  }, oauthProblem);

function publicRouteRow(name: RouteName<'public'>): Route {
  const row = routes.find((route) => route.name === name);
  if (!row) throw new Error(`No route is called ${name}.`);
  return row;
}

const requestIn = (event: APIGatewayProxyEvent, row: Route): OAuthRequest => ({
  query: event.queryStringParameters ?? {},
  form: () => onceEach(new URLSearchParams(bodyText(event, row) ?? '')),
  json: () => jsonBody(event, row),
  hasCookie: (cookie) =>
    headerValues(event, 'cookie').some((line) => line.split(/;\s*/).includes(`${cookie}=1`)),
});

/** RFC 6749 §3.2: no parameter more than once. One that is repeated has no value here. */
const onceEach = (form: URLSearchParams): Parameters =>
  Object.fromEntries([...form.keys()].map((name) => [name, onlyValue(form.getAll(name))]));

const onlyValue = ([first, ...more]: readonly string[]): string | undefined =>
  more.length === 0 ? first : undefined;
