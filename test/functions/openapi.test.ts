import { createConfig, lintFromString } from '@redocly/openapi-core';
import { describe, expect, it } from 'vitest';

import { document } from '#functions/openapi/document.ts';
import { type Route, routes } from '#functions/routes.ts';

type Operation = {
  readonly operationId: string;
  readonly security: readonly Record<string, readonly string[]>[];
  readonly parameters?: readonly { name: string; in: string }[];
};
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods as Record<string, Operation>).map(([method, operation]) => ({
    path,
    method,
    operation,
  })),
);
const operationOf = ({ name }: Route) =>
  operations.find(({ operation }) => operation.operationId === name)?.operation;

const lint = async (source: object) => {
  const config = await createConfig({ extends: ['recommended'] });
  const problems = await lintFromString({
    source: JSON.stringify(source),
    absoluteRef: 'openapi.json',
    config,
  });
  return problems
    .filter(({ severity }) => severity === 'error')
    .map(({ ruleId, message }) => `${ruleId}: ${message}`);
};

describe('the OpenAPI document', () => {
  it('has no error in the recommended rules of Redocly', async () => {
    await expect(lint(document)).resolves.toEqual([]);
  });

  it('is checked by rules that find a missing parameter and an unknown security scheme', async () => {
    const [broken] = operations.filter(({ path }) => path === '/api-keys/{key_id}/rotate');
    const operation = { ...broken?.operation, parameters: [], security: [{ unknown: [] }] };
    const paths = { ...document.paths, '/api-keys/{key_id}/rotate': { post: operation } };
    const found = await lint({ ...document, paths });
    expect(found.map((line) => line.split(':')[0])).toEqual(
      expect.arrayContaining(['path-parameters-defined', 'security-defined']),
    );
  });

  it.each((routes as readonly Route[]).map((row) => [row.name, row] as const))(
    'describes %s with its path, its scope and its idempotency key',
    (_, row) => {
      const operation = operationOf(row);
      expect(document.paths).toHaveProperty([row.path.replace('+}', '}')]);
      expect(new Set(operation?.security.flatMap((scheme) => Object.values(scheme).flat()))).toEqual(
        new Set(row.kind === 'public' ? [] : [row.scope]),
      );
      const isIdempotent = operation?.parameters?.some(({ name }) => name === 'Idempotency-Key') ?? false;
      const repeats = ['tools-invoke', 'completions', 'embeddings', 'responses', 'messages'].includes(
        row.name,
      );
      expect(isIdempotent).toBe(row.kind === 'write' || repeats);
    },
  );
});
