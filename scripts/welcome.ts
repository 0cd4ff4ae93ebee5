// Output of `npm start` once the stack is ready: addresses, demo users, a first call to copy.
import { DEMO_USERS } from '#local/issuer/demo-users.ts';
import type { Stack } from '#local/stack.ts';

/** A key in OpenAI's shape that was never issued. */
const FAKE_KEY = `sk-proj-${'not0A1real2key3'.repeat(3)}`;

export function welcome({ url, issuer, provider }: Stack, home: string): string {
  const users = DEMO_USERS.map(({ sub, role }) => `${sub} (${role})`).join(', ');
  const key = provider ? FAKE_KEY : '<your OpenAI key>';
  return `
  API        ${url}
  MCP        ${url}/mcp
  Issuer     ${issuer.url}
  Providers  ${provider ? `${provider.url}, a labelled stand-in for all of them, and ${provider.compatibleUrl}` : 'the real ones'}
  Users      ${users}
  Data       ${home}

A first call, in another terminal:

  TOKEN=$(npm run --silent token -- alice)
  curl -s ${url}/api-keys -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
    -d '{"provider": "openai", "api_key": "${key}"}'
  curl -s ${url}/mcp/tools/invoke -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
    -d '{"tool_name": "ai_chat", "parameters": {"messages": [{"role": "user", "content": "Hello!"}]}}'

An MCP client connects to ${url}/mcp and signs in at the issuer, or sends the token above.
Ctrl-C stops everything.
`;
}
