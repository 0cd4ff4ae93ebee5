// The API description says what the functions parse: both have the same schema objects.
import { describe, expect, it, vi } from 'vitest';

import { type Route, routes } from '#functions/routes.ts';
import { requestSchemas } from '#functions/schemas.ts';

type Declared = { readonly name: string; readonly input?: Record<string, unknown> };

// In place of the adapters, which hide their argument: each function's module then exports what it declares.
vi.mock('#functions/edge/authenticated-route.ts', async (original) => ({
  ...(await original<object>()),
  authenticatedRoute: (name: string, useCase: object) => ({ name, ...useCase }),
}));
vi.mock('#functions/edge/write-route.ts', () => ({
  writeRoute: (name: string, useCase: object) => ({ name, ...useCase }),
}));

/** Routes that parse on the invoke path, with the schema of their tool, and one whose path is any text. */
const PROTOCOLS = [
  'mcp',
  'completions',
  'embeddings',
  'responses',
  'messages',
  'messages-count',
  'models-read',
];

const declaring = (routes as readonly Route[]).filter(
  ({ kind, name }) => kind !== 'public' && !PROTOCOLS.includes(name),
);

describe('the request schemas of the API description', () => {
  it.each(declaring.map(({ name }) => name))('are those that %s parses with', async (name) => {
    const { handler } = (await import(`../../functions/${name}.ts`)) as { handler: Declared };
    expect(handler.name).toBe(name);
    const described = requestSchemas[name as keyof typeof requestSchemas];
    for (const part of ['path', 'query', 'body'] as const)
      expect(described?.[part]).toBe(handler.input?.[part]);
  });
});
