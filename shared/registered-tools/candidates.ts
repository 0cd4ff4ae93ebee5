// Candidates of a registration: the tools that its source describes.
import { AppError } from '#shared/core/errors.ts';
import { hopHeaders } from '#shared/core/hops.ts';
import type { RegisterToolsBody } from '#shared/tools/registration.ts';
import type { ToolCall } from '#shared/tools/tool.ts';

import { refuseFailure, textIn } from './answer.ts';
import { checkOwnTexts, httpDefinition } from './definition.ts';
import type { ToolCandidate, UpstreamPorts } from './ports.ts';
import { within } from './within.ts';

const MAX_DOCUMENT_BYTES = 2 * 1024 * 1024;

export type RegisterCall = Pick<ToolCall, 'principal' | 'requestId' | 'deadline' | 'hops' | 'onUse'> & {
  /** Durable before anything outside is asked. */
  readonly begin: (alias: string) => Promise<void>;
};

type Ports = { readonly checkUrl: (url: string) => void; readonly upstream: UpstreamPorts };

/** Fetches a document without a key: documents must be public. */
async function fetched(
  url: string | undefined,
  alias: string,
  { caller, ports }: { caller: RegisterCall; ports: Ports },
): Promise<string> {
  if (url === undefined) {
    throw new AppError('invalid_input', undefined, {
      issues: [{ path: 'body.document', message: 'or url must be given' }],
    });
  }
  ports.checkUrl(url);
  const chain = hopHeaders(caller);
  await caller.begin(alias);
  const response = await ports.upstream.egress.send(
    {
      url,
      method: 'GET',
      headers: { ...chain, accept: 'application/json, application/yaml, text/yaml;q=0.9, */*;q=0.1' },
      signal: caller.deadline.signal,
      deadlineMs: caller.deadline.remainingMs(),
    },
    { maxBytes: MAX_DOCUMENT_BYTES },
  );
  refuseFailure(response, { alias });
  return textIn(response.body);
}

export async function toolCandidates(
  body: RegisterToolsBody,
  caller: RegisterCall,
  ports: Ports,
): Promise<readonly ToolCandidate[]> {
  const { upstream, checkUrl } = ports;
  if (body.kind === 'mcp') {
    checkUrl(body.url);
    hopHeaders(caller);
    await caller.begin(body.alias);
    const { serverCandidates } = await import('./mcp-tool.ts');
    const { url, alias, credential, results, tools: wanted } = body;
    return serverCandidates({ url, alias, credential, results, wanted }, caller, upstream);
  }
  if (body.kind === 'openapi') {
    const { document } = body;
    const given = typeof document === 'object' ? JSON.stringify(document) : document;
    const text = given ?? (await fetched(body.url, body.alias, { caller, ports }));
    const { documentCandidates } = await import('./openapi.ts');
    const { url: base, server, operations: wanted } = body;
    return within(caller.deadline, () => documentCandidates({ text, base, server, about: body, wanted }));
  }
  checkOwnTexts(body.tool);
  return [{ upstreamName: body.tool.name, definition: httpDefinition(body.tool, body) }];
}
