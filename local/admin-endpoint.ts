// Endpoint for invoking a function by name, as `aws lambda invoke` does. Authorised by a bearer token from the home folder,
// which only the user of this machine can read.
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

import { readBody } from '#local/aws/aws-service.ts';
import type { Lambda } from '#local/lambda/lambda.ts';

import { listen } from './listen.ts';

export type AdminEndpoint = {
  readonly address: { readonly url: string; readonly token: string };
  readonly stop: () => Promise<void>;
};

const PATH = /^\/functions\/([\w-]{1,64})\/invocations$/;

/** Responds with `{ payload, functionError? }`; 401 without the token, 404 for an unknown function. */
export async function startAdminEndpoint(
  lambda: Pick<Lambda, 'invoke' | 'functions'>,
): Promise<AdminEndpoint> {
  const token = randomBytes(32).toString('base64url');
  const expected = Buffer.from(`Bearer ${token}`);

  async function answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    const given = Buffer.from(request.headers.authorization ?? '');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return rejected(401);
    const [, name] = PATH.exec(request.url ?? '') ?? [];
    const known = lambda.functions().some((one) => one.name === name);
    if (request.method !== 'POST' || name === undefined || !known) return rejected(404);
    const body = await readBody(request);
    return { status: 200, body: await lambda.invoke(name, JSON.parse(String(body ?? 'null'))) };
  }

  const server = createServer((request, response) => {
    void answer(request)
      .catch((error: unknown) => ({ status: 400, body: { message: String(error) } }))
      .then((given) => respond(response, given));
  });
  const { port, close } = await listen(server, 0);
  return { address: { url: `http://127.0.0.1:${port}`, token }, stop: close };
}

const rejected = (status: number) => ({ status, body: { message: 'Rejected.' } });

function respond(response: ServerResponse, { status, body }: { status: number; body: unknown }): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
