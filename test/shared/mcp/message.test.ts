import { describe, expect, it } from 'vitest';

import { parseMessage } from '#shared/mcp/message.ts';

const KEY = `sk-proj-${'a1B2'.repeat(12)}`;

function parsed(message: object) {
  const result = parseMessage(JSON.stringify(message), 'application/json');
  if ('rejected' in result) throw new Error('The message was rejected.');
  return result.message;
}

describe('the names in a message to /mcp', () => {
  it.each([
    ['the tool of a call', { method: 'tools/call', params: { name: KEY, arguments: {} } }],
    ['the address of a resource', { method: 'resources/read', params: { uri: KEY } }],
    ['the method', { method: KEY }],
  ])('hold no key: %s', (_name, message) => {
    expect(JSON.stringify(parsed({ jsonrpc: '2.0', id: 1, ...message }))).not.toContain(KEY.slice(12, 30));
  });

  it.each([
    { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'time_now', arguments: { key: KEY } } },
    { jsonrpc: '2.0', id: 1, method: 'tools/call', params: ['time_now'] },
    { jsonrpc: '2.0', id: 1, method: 'tools/list' },
    { jsonrpc: '2.0', id: 1, method: 7, params: { name: null } },
  ])('and all else stay as they are: %j', (message) => {
    expect(parsed(message)).toEqual(message);
  });
});
