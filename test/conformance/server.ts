// A test-only server: fixtures instead of our tools and one fixed caller, behind the product's own serving layer. No
// switch in product code turns sign-in off: this is another program, and a test keeps it out of what is deployed.
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';

import { platformDeadline, streaming, toWebRequest } from '#functions/edge/response-stream.ts';
import { deriveOwnerId } from '#shared/auth/owner-id.ts';
import { rejection } from '#shared/mcp/message.ts';
import { type McpOffer, receive, serveMcp } from '#shared/mcp/serve.ts';

import { addAskingTools, codec } from './asking-tools.ts';
import { addContentTools } from './content-tools.ts';
import { addPrompts } from './prompts.ts';
import { addProtocolTools } from './protocol-tools.ts';
import { addResources } from './resources.ts';

const offer: McpOffer = {
  name: 'portunus-conformance',
  options: {
    capabilities: {
      tools: { listChanged: false },
      resources: { listChanged: false, subscribe: true },
      prompts: { listChanged: false },
      completions: {},
      logging: {},
    },
    cacheHints: { 'tools/list': { ttlMs: 60_000, cacheScope: 'private' } },
    requestState: { verify: (state, ctx) => codec.verify(state, ctx) },
  },
  equip(server) {
    addContentTools(server);
    addProtocolTools(server);
    addAskingTools(server);
    addPrompts(server);
    addResources(server);
  },
};

const issuer = 'https://issuer.invalid';
const principal = { ownerId: deriveOwnerId(issuer, 'conformance'), scopes: [], expiresAt: 4_102_444_800 };

const report = (error: unknown) =>
  void process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);

async function serve(event: APIGatewayProxyEvent, context: Context): Promise<Response> {
  if (event.httpMethod !== 'POST') return rejection('method_not_allowed');
  const request = toWebRequest(event, platformDeadline(context), event.body);
  const origins = [`http://${request.headers.get('host')}`];
  const received = receive(request, event.body, { host: 'localhost', origins });
  if ('rejected' in received) return received.rejected;
  return serveMcp(request, received.message, { offer, principal, report });
}

export const handler = streaming(serve);
