// Routes with a caller, as buffered API Gateway events.
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import type * as z from 'zod';

import { NOBODY } from '#shared/audit/audit.ts';
import type { Action, Category, KeyUse, Meta } from '#shared/audit/record.ts';
import { type Principal, principalFrom, requireScope } from '#shared/auth/principal.ts';
import { type Deadline, deadlineIn } from '#shared/core/deadline.ts';
import { AppError, asAppError, resultOf } from '#shared/core/errors.ts';
import { issuesOf } from '#shared/core/issues.ts';
import type { Write } from '#shared/core/write.ts';
import { audit } from '#shared/services/audit.ts';
import { recordRefusal } from '#shared/services/refusal.ts';
import { admitSession } from '#shared/services/session-check.ts';

import { logError } from './log.ts';
import { jsonBody, type RouteName, rowOf } from './request.ts';
import { type Handler, problem, reply, wrap } from './wrap.ts';

/** Time kept back for the outcome's record and the way home. */
const MARGIN_MS = 3000;

export type Call<Input> = {
  readonly input: Input;
  readonly principal: Principal;
  readonly requestId: string;
  readonly deadline: Deadline;
  /** Told of each key before it is opened: the receipt, whether the call ends well or not. */
  readonly onUse: (key: KeyUse) => void;
};

/** How a use case ended. Its changes and its audit record are committed together, before the answer leaves. */
export type Answer =
  | {
      readonly status?: number;
      readonly body: unknown;
      readonly writes?: readonly Write[];
      readonly target?: string;
      readonly meta?: Meta;
    }
  /** The invoke path has written its own records. */
  | { readonly recorded: true; readonly body: unknown }
  | { readonly recorded: true; readonly error: AppError; readonly failure?: unknown };

type UseCase<Schema extends z.ZodType> = {
  /** Parses `{ path, query, body }`. */
  readonly input: Schema;
  readonly action: Action;
  readonly category: Category;
  readonly run: (call: Call<z.output<Schema>>) => Promise<Answer>;
};

/** Wraps one use case: who is calling, may they, is the input right, do it, and record how it ended. */
export function route<Schema extends z.ZodType>(name: RouteName, useCase: UseCase<Schema>) {
  const handle: Handler = async (event, context) => {
    const { requestId } = event.requestContext;
    let uid: string = NOBODY;
    const keys: KeyUse[] = [];
    const onUse = (key: KeyUse) => void keys.push(key);
    const draft = { category: useCase.category, act: useCase.action, reqId: requestId, keys };
    let answer: Answer;
    try {
      const principal = principalFrom(event.requestContext.authorizer, Date.now());
      ({ uid } = principal);
      await admitSession(principal, requestId);
      answer = await run(name, useCase, { event, context, principal, onUse });
      if (!('recorded' in answer)) {
        const { writes, target, meta } = answer;
        await audit().commit({ ...draft, uid, result: 'succeeded', target, meta }, writes);
      }
    } catch (thrown) {
      const error = asAppError(thrown);
      logError(error, thrown, requestId);
      if (error.code === 'unauthenticated') await recordRefusal(error, requestId, uid);
      else await audit().commit({ ...draft, uid, result: resultOf(error), code: error.code });
      return problem(error, requestId);
    }
    if ('error' in answer) {
      logError(answer.error, answer.failure ?? answer.error, requestId);
      return problem(answer.error, requestId);
    }
    return reply('status' in answer ? (answer.status ?? 200) : 200, answer.body);
  };
  return wrap(handle);
}

type Caller = Pick<Call<unknown>, 'principal' | 'onUse'> & {
  readonly event: APIGatewayProxyEvent;
  readonly context: Context;
};

function run<Schema extends z.ZodType>(
  name: RouteName,
  { input, run: work }: UseCase<Schema>,
  { event, context, principal, onUse }: Caller,
): Promise<Answer> {
  const row = rowOf(name);
  if ('scope' in row) requireScope(principal, row.scope);
  const parsed = input.safeParse({
    path: event.pathParameters ?? {},
    query: event.queryStringParameters ?? {},
    body: jsonBody(event, row),
  });
  if (!parsed.success) {
    throw new AppError('invalid_input', undefined, { issues: issuesOf(parsed.error) });
  }
  const deadline = deadlineIn(context.getRemainingTimeInMillis() - MARGIN_MS);
  const { requestId } = event.requestContext;
  return work({ input: parsed.data, principal, requestId, deadline, onUse });
}
