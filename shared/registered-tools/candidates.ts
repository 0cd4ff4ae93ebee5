// Candidates of a registration: the tools that its source describes.
import { AppError } from '#shared/core/errors.ts';
import { hopHeaders } from '#shared/core/hops.ts';
import type { RegisterToolsBody } from '#shared/tools/registration.ts';
import type { ToolCall } from '#shared/tools/tool.ts';

import { assertSuccess, textIn } from './answer.ts';
import { checkOwnTexts, httpDefinition } from './definition.ts';
import type { Json } from './openapi-document.ts';
import type { ToolCandidate, UpstreamPorts } from './ports.ts';
import { within } from './within.ts';

const MAX_DOCUMENT_BYTES = 2 * 1024 * 1024;
/** The largest public documents have 10 to 40 MB. */
const MAX_FETCHED_BYTES = 48 * 1024 * 1024;

export type RegisterCall = Pick<ToolCall, 'principal' | 'requestId' | 'deadline' | 'hops' | 'onUse'> & {
  /** Durable before anything outside is asked. */
  readonly begin: (alias: string) => Promise<void>;
};

type Ports = { readonly checkUrl: (url: string) => void; readonly upstream: UpstreamPorts };

/** Fetches a document without a key: documents must be public. */
async function fetched(
  { url, alias, operations }: OpenApiBody,
  { caller, ports }: { caller: RegisterCall; ports: Ports },
): Promise<Uint8Array> {
  if (url === undefined) {
    throw new AppError('invalid_input', undefined, {
      issues: [{ path: 'body.document', message: 'or url must be given' }],
    });
  }
  ports.checkUrl(url);
  const chain = hopHeaders(caller);
  await caller.begin(alias);
  const request = {
    url,
    method: 'GET',
    headers: { ...chain, accept: 'application/json, application/yaml, text/yaml;q=0.9, */*;q=0.1' },
    signal: caller.deadline.signal,
    deadlineMs: caller.deadline.remainingMs(),
  };
  const maxBytes = operations ? MAX_FETCHED_BYTES : MAX_DOCUMENT_BYTES;
  const response = await ports.upstream.egress.send(request, { maxBytes }).catch((error: unknown) => {
    throw operations ? error : withRemedy(error);
  });
  assertSuccess(response, { alias });
  return response.body;
}

/** A whole document is read to 2 MiB only. */
function withRemedy(error: unknown): unknown {
  if (!(error instanceof AppError) || error.code !== 'upstream_malformed') return error;
  const next_step = 'If the document is larger than 2 MiB, name the operations that are wanted.';
  return new AppError(error.code, error.message, { ...error.details, next_step });
}

type OpenApiBody = Extract<RegisterToolsBody, { kind: 'openapi' }>;

const tooLarge = (message: string): AppError =>
  new AppError('invalid_input', 'The document is larger than 2 MiB.', {
    issues: [{ path: 'body.operations', message }],
  });

/** The document, or of a large one the part that the chosen operations need. */
async function documentText(
  body: OpenApiBody,
  call: { caller: RegisterCall; ports: Ports },
): Promise<string> {
  const { document, operations = [] } = body;
  if (document !== undefined) return typeof document === 'object' ? JSON.stringify(document) : document;
  const bytes = await fetched(body, call);
  if (bytes.length <= MAX_DOCUMENT_BYTES) return textIn(bytes);
  const { sliceDocument, startsAsJson } = await import('./openapi-slices.ts');
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (!startsAsJson(buffer))
    throw tooLarge('of a document of this size can be read from JSON alone, not from YAML');
  return within(call.caller.deadline, () => sliceDocument(buffer, operations));
}

const SWAGGER = /["']?swagger["']?\s*:\s*["']?2\./;

async function openApiCandidates(body: OpenApiBody, call: { caller: RegisterCall; ports: Ports }) {
  const text = await documentText(body, call);
  const { documentCandidates } = await import('./openapi.ts');
  const { url: base, server, operations: wanted } = body;
  const swagger = SWAGGER.test(text) ? await import('./swagger.ts') : undefined;
  const convert = swagger && ((document: Json) => swagger.fromSwagger(document, base));
  return within(call.caller.deadline, () =>
    documentCandidates({ text, base, server, about: body, wanted, convert }),
  );
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
    const { url, alias, credential, results, cache, tools: wanted } = body;
    return serverCandidates({ url, alias, credential, results, cache, wanted }, caller, upstream);
  }
  if (body.kind === 'openapi') return openApiCandidates(body, { caller, ports });
  checkOwnTexts(body.tool);
  return [{ upstreamName: body.tool.name, definition: httpDefinition(body.tool, body) }];
}
