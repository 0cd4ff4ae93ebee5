import { type McpServer, ResourceTemplate } from '@modelcontextprotocol/server';

import { PNG } from './content-tools.ts';

const TEXTS = {
  'test://static-text': 'This is the content of the static text resource.',
  'test://watched-resource': 'Nobody changes this one.',
};

export function addResources(server: McpServer): void {
  for (const [uri, text] of Object.entries(TEXTS)) {
    const mimeType = 'text/plain';
    const name = uri.slice('test://'.length);
    server.registerResource(name, uri, { description: 'A fixed text.', mimeType }, () => ({
      contents: [{ uri, mimeType, text }],
    }));
  }
  const binary = { uri: 'test://static-binary', mimeType: 'image/png' };
  server.registerResource(
    'static-binary',
    binary.uri,
    { description: 'A fixed image.', mimeType: binary.mimeType },
    () => ({ contents: [{ ...binary, blob: PNG }] }),
  );
  server.registerResource(
    'template',
    new ResourceTemplate('test://template/{id}/data', { list: undefined }),
    { description: 'One document for each id.', mimeType: 'application/json' },
    ({ href }, { id }) => ({
      contents: [
        {
          uri: href,
          mimeType: 'application/json',
          text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${String(id)}` }),
        },
      ],
    }),
  );
  // Accepted and without effect: notices do not cross processes.
  server.server.setRequestHandler('resources/subscribe', () => ({}));
  server.server.setRequestHandler('resources/unsubscribe', () => ({}));
}
