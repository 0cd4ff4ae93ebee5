// Error answers in the API description: problem documents, and the shapes that clients of provider APIs expect.
import * as z from 'zod';

import type { Route } from '#functions/routes.ts';
import { ERRORS, type ErrorCode } from '#shared/core/errors.ts';

import type { Json, SchemaWriter } from './schema-writer.ts';

const codes = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]];

const Issue = z.object({ path: z.string(), message: z.string() });

const Alternative = z.looseObject({
  call: z.object({ tool_name: z.string(), parameters: z.record(z.string(), z.unknown()) }),
});

const Problem = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(codes),
    detail: z.string(),
    next_step: z.string().describe('The remedy'),
    request_id: z.string(),
    issues: z.array(Issue).optional(),
    retry_after_seconds: z.number().optional(),
    alternatives: z.array(Alternative).optional(),
  })
  .describe('Problem document (RFC 9457)')
  .meta({ id: 'Problem' });

const own = {
  message: z.string(),
  type: z.string(),
  code: z.string(),
  param: z.string().nullable(),
  next_step: z.string(),
};

const OpenAiError = z
  .object({
    error: z.looseObject({ ...own, portunus_code: z.enum(codes), request_id: z.string() }),
  })
  .meta({ id: 'OpenAiError' });

const AnthropicError = z
  .object({
    type: z.literal('error'),
    error: z.looseObject({ ...own, code: z.enum(codes) }),
    request_id: z.string(),
  })
  .meta({ id: 'AnthropicError' });

const TITLES = {
  400: 'Invalid request; `issues` names each wrong field.',
  401: 'The token is missing, expired or not trusted.',
  403: 'The token lacks the scope, or the caller the role.',
  429: 'A limit is reached; `Retry-After` says when to try again.',
  default: 'Any other error.',
} as const;
type Status = keyof typeof TITLES;

const statusesOf = (row: Route): Status[] =>
  row.kind === 'public' ? [400, 'default'] : [400, 401, 403, 429, 'default'];

const SHAPES = { Problem, OpenAiError, AnthropicError } as const;
type Shape = keyof typeof SHAPES;

/** The gateway answers 401 and 403 of all routes; its document has the members of both. */
function shapeOf({ path }: Route, status: Status): Shape {
  if (status === 401 || status === 403 || !path.startsWith('/v1/')) return 'Problem';
  return path.startsWith('/v1/messages') ? 'AnthropicError' : 'OpenAiError';
}

const componentOf = (shape: Shape, status: Status): string =>
  `${shape}${status === 'default' ? 'Default' : String(status)}`;

const mediaType = (shape: Shape): string =>
  shape === 'Problem' ? 'application/problem+json' : 'application/json';

export const errorResponses = {
  of: (row: Route): Json =>
    Object.fromEntries(
      statusesOf(row).map((status) => [
        status,
        { $ref: `#/components/responses/${componentOf(shapeOf(row, status), status)}` },
      ]),
    ),

  components(routes: readonly Route[], write: SchemaWriter): Json {
    const used = new Map(
      routes.flatMap((row) =>
        statusesOf(row).map((status) => {
          const shape = shapeOf(row, status);
          return [componentOf(shape, status), { shape, status }] as const;
        }),
      ),
    );
    return Object.fromEntries(
      [...used].map(([name, { shape, status }]) => {
        const schema = write(SHAPES[shape], { io: 'output', name: shape });
        return [name, { description: TITLES[status], content: { [mediaType(shape)]: { schema } } }];
      }),
    );
  },
};
