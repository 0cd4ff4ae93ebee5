// Inputs and expectations that all MCP clients have in common.
import assert from 'node:assert/strict';

import { browseToCallback } from '#test/clients/browser.mjs';
import { given, notRun, run, unsupported, withEach } from '#test/clients/cases.mjs';

export const endpoint = new URL(`${given.url}/mcp`);
export const bearer = (token = given.token) => ({ authorization: `Bearer ${token}` });

const EXPECTED_TOOLS = ['todo_create', 'calc_evaluate', 'ai_chat'];
const SUM = ['calc_evaluate', { expression: '0.1+0.2' }];
const WRONG = ['calc_evaluate', { expression: 7 }];
const CHAT = ['ai_chat', { messages: [{ role: 'user', content: 'hello' }] }];

function assertTools(names) {
  for (const name of EXPECTED_TOOLS) {
    assert.ok(names.includes(name), `${name} is missing among ${names.length} tools.`);
  }
}

const textOf = (result) => (typeof result === 'string' ? result : JSON.stringify(result));

/** The text or object that a client makes of the result contains the exact sum. */
async function assertSums(connection) {
  const text = textOf(await connection.call(...SUM));
  assert.match(text, /0\.3(?!\d)/);
  assert.match(text, /exact/);
}

/** A model must read which argument was wrong, whether the client returns the result or throws it. */
async function assertNamesArgument(connection) {
  await connection.tools(); // some clients check results only of tools that they have listed
  const said = await connection.call(...WRONG).then(textOf, (error) => error.message);
  assert.match(said, /expression/);
}

async function assertResources(connection) {
  const uris = (await connection.resources()).map(({ uri }) => uri);
  assert.ok(uris.includes('portunus://todos'), `The todos are missing: ${uris.join(', ')}`);
  assert.match(textOf(await connection.read('portunus://help')), /idempotency_key/);
}

async function assertPrompts(connection) {
  const names = (await connection.prompts()).map(({ name }) => name);
  assert.ok(names.includes('plan_my_day'), `The prompt is missing: ${names.join(', ')}`);
  assert.match(textOf(await connection.prompt('plan_my_day', { zone: 'Asia/Tokyo' })), /Asia\/Tokyo/);
}

async function assertProgress(connection) {
  const beats = [];
  await connection.call(...CHAT, (update) => beats.push(update));
  assert.ok(beats.length > 0, 'No progress was reported.');
}

/** An expired token is rejected with words or a status that a client can act on. */
async function assertExpired(connect) {
  const error = await connect(given.expiredToken)
    .then((connection) => connection.tools())
    .then(
      () => undefined,
      (reason) => reason,
    );
  assert.ok(error !== undefined, 'An expired token was accepted.');
  const said = [error, error.cause, error.error].map((one) => `${one?.code ?? ''} ${one?.message ?? one}`);
  assert.match(said.join(' '), /401|unauthori[sz]ed|auth_required|expired/i);
}

const NEEDS_STACK = 'Only a stack of the run issues expired tokens.';
const AGENT_PROMPT = 'Use text_hash for this.';

/** Models of each provider get the tools as the client translates them; one calls a tool and reads its result. */
const assertAgent = (agent) =>
  withEach(async (model) => {
    const { text, results } = await agent(model, AGENT_PROMPT);
    for (const result of results) assert.match(textOf(result), /[0-9a-f]{64}/, 'The tool was not called.');
    assert.ok(text.includes(AGENT_PROMPT), `The answer does not contain the prompt: ${text.slice(0, 80)}`);
  });

/** Signs in with the URL alone, by the steps that the client offers. */
async function signInWith({ begin, finish, connect }) {
  const { provider, stored } = createAuthProvider();
  await assert.rejects(begin(provider));
  assert.ok(stored.authorization, 'The client did not begin to sign in.');
  await finish(provider, (await browseToCallback(stored.authorization)).searchParams);
  return { stored, connect: () => connect(provider) };
}

/** An expired access token is renewed by the refresh token, without the user. */
async function assertRefreshes(oauth, work) {
  const { stored, connect } = await signInWith(oauth);
  stored.tokens = { ...stored.tokens, access_token: given.expiredToken };
  const connection = await connect();
  await work(connection);
  await connection.close?.();
  assert.notEqual(stored.tokens.access_token, given.expiredToken);
}

/**
 * Runs the cases of an MCP client. A connection offers `tools`, which returns names, `call`, `resources`, `read`, `prompts`,
 * `prompt` and `close`. `oauth`: the steps of a sign-in with the interface of the official SDKs; `signIn` of any other.
 * `agent` runs a model with the tools. `without` names the cases that the client cannot do, each with the reason; `notes` says
 * how a case passes.
 */
export async function runMcp({ connect, oauth, signIn, agent, without = {}, notes = {} }) {
  const using =
    (work, { open = connect, note } = {}) =>
    async () => {
      const connection = await open(given.token);
      try {
        await work(connection);
        return note;
      } finally {
        await connection.close?.();
      }
    };
  const listAndCall = async (connection) => {
    assertTools(await connection.tools());
    await assertSums(connection);
  };
  const open = signIn ?? (async () => (await signInWith(oauth)).connect());
  const cases = {
    'sign-in': using(listAndCall, { open, note: notes['sign-in'] }),
    refresh:
      oauth && given.expiredToken
        ? () => assertRefreshes(oauth, listAndCall)
        : notRun(oauth ? NEEDS_STACK : 'The client keeps its tokens itself.'),
    token: using((connection) => connection.tools()),
    list: using(async (connection) => assertTools(await connection.tools())),
    call: using(assertSums),
    resources: using(assertResources),
    prompts: using(assertPrompts),
    progress: using(assertProgress),
    agent: agent ? assertAgent(agent) : unsupported('It runs no models.'),
    'wrong argument': using(assertNamesArgument),
    'expired token': given.expiredToken ? () => assertExpired(connect) : notRun(NEEDS_STACK),
  };
  for (const [name, reason] of Object.entries(without)) cases[name] = unsupported(reason);
  await run(cases);
}

const REDIRECT = 'http://127.0.0.1:54321/callback';

/** The memory of a client that knows the URL alone: the interface of the official SDKs, which others have taken over. */
function createAuthProvider() {
  const stored = { verifier: '' };
  const provider = {
    redirectUrl: REDIRECT,
    clientMetadata: {
      redirect_uris: [REDIRECT],
      client_name: 'a client that knows the URL alone',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
    clientInformation: () => stored.client,
    saveClientInformation(client) {
      stored.client = client;
    },
    tokens: () => stored.tokens,
    saveTokens(tokens) {
      stored.tokens = tokens;
    },
    redirectToAuthorization(url) {
      stored.authorization = url;
    },
    saveCodeVerifier(verifier) {
      stored.verifier = verifier;
    },
    codeVerifier: () => stored.verifier,
  };
  return { provider, stored };
}
