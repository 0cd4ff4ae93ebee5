// Tools that need the user's answer before they can go on. The retry lands in any process: state travels in the request.
import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  type CallToolResult,
  createRequestStateCodec,
  inputRequired,
  type InputRequiredResult,
  inputResponse,
  type McpServer,
  type ServerContext,
} from '@modelcontextprotocol/server';

import { text } from './content-tools.ts';

type State = { readonly round: number };

/** A fixed key: every process must read what any other wrote. */
export const codec = createRequestStateCodec<State>({ key: 'conformance-suite-only-'.repeat(2) });

type Answer = CallToolResult | InputRequiredResult;
type Handler = (ctx: ServerContext) => Answer | Promise<Answer>;

export const form = (message: string, field: string) =>
  inputRequired.elicit({
    message,
    requestedSchema: { type: 'object', properties: { [field]: { type: 'string' } }, required: [field] },
  });

const confirmation = () =>
  inputRequired.elicit({
    message: 'Please confirm',
    requestedSchema: { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] },
  });

const question = (words: string) =>
  inputRequired.createMessage({
    messages: [{ role: 'user', content: { type: 'text', text: words } }],
    maxTokens: 100,
  });

const asks = {
  user_name: () => form('What is your name?', 'name'),
  capital_question: () => question('What is the capital of France?'),
  greeting: () => question('Generate a greeting'),
  client_roots: () => inputRequired.listRoots(),
  confirm: confirmation,
};

const answered = ({ mcpReq }: ServerContext, key: string) => inputResponse(mcpReq.inputResponses, key);

const roundOf = ({ mcpReq }: ServerContext): number => mcpReq.requestState<State>()?.round ?? 0;

const askWithState = async (
  inputRequests: Parameters<typeof inputRequired>[0]['inputRequests'],
  round: number,
) => inputRequired({ ...(inputRequests && { inputRequests }), requestState: await codec.mint({ round }) });

/** Elicitation capabilities of the client. */
const capabilitiesOf = ({ mcpReq }: ServerContext): Record<string, unknown> =>
  ((mcpReq.envelope as Record<string, unknown> | undefined)?.[CLIENT_CAPABILITIES_META_KEY] ?? {}) as Record<
    string,
    unknown
  >;

const HANDLERS: Readonly<Record<string, Handler>> = {
  elicitation(ctx) {
    const name = acceptedContent(ctx.mcpReq.inputResponses, 'user_name')?.['name'];
    if (typeof name === 'string') return text(`Hello, ${name}!`);
    return inputRequired({ inputRequests: { user_name: asks.user_name() } });
  },

  sampling(ctx) {
    const view = answered(ctx, 'capital_question');
    if (view.kind === 'sampling') return text(JSON.stringify(view.result.content));
    return inputRequired({ inputRequests: { capital_question: asks.capital_question() } });
  },

  list_roots(ctx) {
    const view = answered(ctx, 'client_roots');
    if (view.kind === 'roots') return text(view.roots.map(({ uri }) => uri).join(' '));
    return inputRequired({ inputRequests: { client_roots: asks.client_roots() } });
  },

  request_state(ctx) {
    if (roundOf(ctx) === 1 && answered(ctx, 'confirm').kind === 'elicit') return text('state-ok');
    return askWithState({ confirm: asks.confirm() }, 1);
  },

  multiple_inputs(ctx) {
    const keys = ['user_name', 'greeting', 'client_roots'] as const;
    if (keys.every((key) => answered(ctx, key).kind !== 'missing')) return text('All is answered.');
    return askWithState(Object.fromEntries(keys.map((key) => [key, asks[key]()])), 1);
  },

  multi_round(ctx) {
    if (roundOf(ctx) === 2 && answered(ctx, 'step2').kind === 'elicit') return text('Both steps are done.');
    if (roundOf(ctx) >= 1 && answered(ctx, 'step1').kind === 'elicit') {
      return askWithState({ step2: form('Step 2: What is your favorite color?', 'color') }, 2);
    }
    return askWithState({ step1: form('Step 1: What is your name?', 'name') }, 1);
  },

  tampered_state(ctx) {
    if (roundOf(ctx) === 1) return text('The state is as it was written.');
    return askWithState({ confirm: asks.confirm() }, 1);
  },

  capabilities(ctx) {
    const { sampling, elicitation } = capabilitiesOf(ctx);
    if (sampling === undefined && elicitation === undefined) return text('There is nothing to ask with.');
    return inputRequired({
      inputRequests: {
        ...(sampling !== undefined && { capital_question: asks.capital_question() }),
        ...(elicitation !== undefined && { user_name: asks.user_name() }),
      },
    });
  },
};

export function addAskingTools(server: McpServer): void {
  for (const [kind, handler] of Object.entries(HANDLERS)) {
    const name = `test_input_required_result_${kind}`;
    server.registerTool(name, { description: `Asks the user: ${kind.replaceAll('_', ' ')}.` }, handler);
  }
  server.registerTool('test_missing_capability', { description: 'Asks for sampling, whoever calls.' }, () =>
    inputRequired({ inputRequests: { capital_question: asks.capital_question() } }),
  );
}
