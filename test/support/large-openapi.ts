// A synthetic OpenAPI document of the size and shape of the largest public ones (GitHub, Stripe, Microsoft Graph): thousands of
// operations, schemas that refer to each other, long texts.
const TEXT =
  'Returns the resource, with all that belongs to it: "quoted", {braced}, [listed], \\ escaped, ünïcödé. ';

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

const schema = (n: number, count: number) => ({
  type: 'object',
  description: TEXT.repeat(8),
  properties: {
    id: { type: 'string', description: TEXT },
    // A chain of ten, then back to its first: what one operation needs stays small.
    next: ref(`resource${n % 10 === 9 ? n - 9 : Math.min(n + 1, count - 1)}`),
    labels: { type: 'array', items: { type: 'string' } },
  },
});

const operation = (n: number, method: string) => ({
  operationId: `resources/${method}-${n}`,
  summary: `Resource ${n}`,
  description: TEXT.repeat(6),
  parameters: [
    { $ref: '#/components/parameters/per-page' },
    { name: 'owner', in: 'path', required: true, schema: { type: 'string' } },
  ],
  responses: {
    200: { description: 'OK', content: { 'application/json': { schema: ref(`resource${n}`) } } },
    404: { $ref: '#/components/responses/not_found' },
  },
});

/** @param resources 10,000 make about 39 MB */
export function largeOpenApi(resources: number): string {
  const numbers = Array.from({ length: resources }, (_, n) => n);
  return JSON.stringify(
    {
      openapi: '3.0.3',
      info: { title: 'Large', version: '1', description: TEXT.repeat(50) },
      servers: [{ url: 'https://api.example.com/v3' }],
      tags: numbers.slice(0, 500).map((n) => ({ name: `tag ${n}`, description: TEXT })),
      paths: Object.fromEntries(
        numbers.map((n) => [
          `/repos/{owner}/resource${n}`,
          { get: operation(n, 'get'), delete: operation(n, 'delete') },
        ]),
      ),
      components: {
        parameters: { 'per-page': { name: 'per_page', in: 'query', schema: { type: 'integer' } } },
        responses: {
          not_found: { description: 'None', content: { 'application/json': { schema: ref('resource0') } } },
        },
        schemas: Object.fromEntries(numbers.map((n) => [`resource${n}`, schema(n, resources)])),
      },
    },
    null,
    1,
  );
}
