// Routes with a caller, as buffered API Gateway events.
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import * as z from 'zod';

import type { RouteName } from '#functions/routes.ts';
import { type AuditDraft, ANONYMOUS } from '#shared/audit/audit.ts';
import type { Action, Category, UsedKey, Meta } from '#shared/audit/record.ts';
import { type Principal, principalFrom, requireScope } from '#shared/auth/principal.ts';
import type { Deadline } from '#shared/core/deadline.ts';
import { AppError, recordedResult } from '#shared/core/errors.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import { issuesOf } from '#shared/core/issues.ts';
import type { Write } from '#shared/core/write.ts';
import {
  failedOrSuperseded,
  recordAndRelease,
  type StoredResponse,
  NOT_IDEMPOTENT,
  type BeginIdempotentRequest,
  type IdempotentRequest,
} from '#shared/idempotency/idempotent-request.ts';
import { audit, recordRejectedCaller, recordRejection } from '#shared/composition/audit.ts';
import { admitSession } from '#shared/composition/sessions.ts';

import { checkHeaders, checkToken } from './headers.ts';
import { logError } from './log.ts';
import {
  type CallerRouteName,
  callerRouteRow,
  checkQuery,
  deadlineOf,
  hopsOf,
  ignoresUnknownQuery,
  requestParts,
} from './request.ts';
import { beginRequest, idempotencyKeyIn, marked, replayed } from './idempotency-header.ts';
import { bufferedHandler, type Handler, type Problem, problem, reply } from './buffered-handler.ts';

/** Reserved for writing the outcome record and returning the response. */
const MARGIN_MS = 3000;

export type Call<Input> = {
  readonly input: Input;
  readonly principal: Principal;
  readonly requestId: string;
  readonly deadline: Deadline;
  /** Gateways between the caller and us. */
  readonly hops: number;
  /** The first writes of the transaction that admits a call to the outside: none for a request without an idempotency key. */
  readonly claim: () => readonly Write[];
  /** The Idempotency-Key header. */
  readonly idempotencyKey: string | undefined;
  /** Called with each key before it is opened: for the receipt, whether the call succeeds or fails. */
  readonly onUse: (key: UsedKey) => void;
};

/** Result of a use case. Its changes and its audit record are committed together, before the response is sent. */
export type Answer =
  | {
      readonly status?: number;
      readonly body: unknown;
      /** Stored for repetitions of an idempotent request in place of a body with a secret that is shown once. */
      readonly stored?: unknown;
      readonly writes?: readonly Write[];
      /** The user whose data changes, if it is not the caller. */
      readonly owner?: OwnerId;
      readonly target?: string;
      readonly meta?: Meta;
    }
  /** The invoke path has written its own records. */
  | { readonly recorded: true; readonly body: unknown; readonly replayed?: boolean | undefined }
  | {
      readonly recorded: true;
      readonly error: AppError;
      readonly failure?: unknown;
      readonly replayed?: boolean | undefined;
    };

const NO_QUERY = z.strictObject({});
const IGNORED_QUERY = z.object({});

/** Schemas of the parts of a request. Without one for the query, every query parameter is rejected, or ignored under /v1. */
export type Parts = {
  readonly path?: z.core.$ZodType;
  readonly query?: z.core.$ZodType;
  readonly body?: z.core.$ZodType;
};

export type UseCase<Schemas extends Parts> = {
  readonly input?: Schemas;
  readonly action: Action;
  readonly category: Category;
  /** Errors in another shape than a problem document. */
  readonly problem?: Problem;
  readonly run: (call: Call<Parsed<Schemas>>) => Promise<Answer>;
};
type Parsed<Schemas extends Parts> = {
  readonly [Part in keyof Schemas]: z.core.output<NonNullable<Schemas[Part]>>;
};

/** A route that changes nothing, or whose tool calls are made idempotent by the invoke path. */
export const authenticatedRoute = <Schemas extends Parts>(
  name: RouteName<'read' | 'call'>,
  useCase: UseCase<Schemas>,
) => callerRoute(name, useCase);

/** Authenticates, authorises, parses, runs the use case, once if `beginIdempotentRequest` is given, and records the outcome. */
export function callerRoute<Schemas extends Parts>(
  name: CallerRouteName,
  useCase: UseCase<Schemas>,
  beginIdempotentRequest?: BeginIdempotentRequest,
) {
  const handle: Handler = async (event, context) => {
    const { requestId } = event.requestContext;
    const keys: UsedKey[] = [];
    const onUse = (key: UsedKey) => void keys.push(key);
    let draft = { ownerId: ANONYMOUS, category: useCase.category, act: useCase.action, requestId, keys };
    let idempotent = NOT_IDEMPOTENT;

    const replay = async (earlier: StoredResponse) => {
      await audit().commit({ ...draft, act: 'request.replayed', result: 'succeeded', target: name });
      return replayed(earlier);
    };

    let answer: Answer;
    try {
      const principal = authorizedCaller(event);
      draft = { ...draft, ownerId: principal.ownerId };
      await admitSession(principal, requestId);
      const { call, given } = toRouteCall(name, useCase, { event, context, principal, onUse });
      idempotent = await beginRequest(beginIdempotentRequest, { name, requestId }, { ...call, given });
      if (idempotent.earlier) return await replay(idempotent.earlier);
      answer = await useCase.run({ ...call, claim: idempotent.claim });
      if (!('recorded' in answer)) await commit(draft, answer, idempotent);
    } catch (thrown) {
      const { error, earlier } = await failedOrSuperseded(idempotent, thrown);
      if (earlier) return replay(earlier);
      logError(error, thrown, requestId);
      if (error.code === 'unauthenticated') await recordRejectedCaller()(error, requestId, draft.ownerId);
      else {
        const outcome = { ...draft, result: recordedResult(error), code: error.code };
        await recordAndRelease(idempotent, (writes) => recordRejection()(outcome, writes));
      }
      return (useCase.problem ?? problem)(error, requestId);
    }
    return 'recorded' in answer ? recorded(answer, requestId) : reply(statusOf(answer), answer.body);
  };
  return bufferedHandler(handle, useCase.problem);
}

type Result = Exclude<Answer, { recorded: true }>;

const statusOf = ({ status = 200 }: Result): number => status;

/** 202 says that there is more to do: the next request of this kind goes on. */
const ACCEPTED = 202;

function commit(
  draft: Omit<AuditDraft, 'result'>,
  answer: Result,
  idempotent: IdempotentRequest,
): Promise<void> {
  const { body, stored = body, writes = [], target, meta } = answer;
  const status = statusOf(answer);
  const response = status === ACCEPTED ? [] : idempotent.store({ status, body: stored });
  return audit().commit({ ...draft, result: 'succeeded', target, meta }, [...response, ...writes]);
}

/** Response of the invoke path. */
function recorded(answer: Extract<Answer, { recorded: true }>, requestId: string) {
  const again = answer.replayed ? marked : (result: APIGatewayProxyResult) => result;
  if (!('error' in answer)) return again(reply(200, answer.body));
  logError(answer.error, answer.failure ?? answer.error, requestId);
  return again(problem(answer.error, requestId));
}

type Caller = Pick<Call<unknown>, 'principal' | 'onUse'> & {
  readonly event: APIGatewayProxyEvent;
  readonly context: Context;
};

/** @throws {AppError} `unauthenticated` */
function authorizedCaller(event: APIGatewayProxyEvent): Principal {
  checkToken(event);
  return principalFrom(event.requestContext.authorizer, Date.now());
}

/** The parsed call, and the parts of the request before parsing. */
function toRouteCall<Schemas extends Parts>(
  name: CallerRouteName,
  { input }: UseCase<Schemas>,
  { event, context, principal, onUse }: Caller,
) {
  const row = callerRouteRow(name);
  requireScope(principal, row.scope);
  checkHeaders(event);
  const given = requestParts(event, row);
  const ignored = !input?.query && ignoresUnknownQuery(event, row);
  const parsed = z.object({ query: ignored ? IGNORED_QUERY : NO_QUERY, ...input }).safeParse(given);
  if (!parsed.success) {
    throw new AppError('invalid_input', undefined, { issues: issuesOf(parsed.error) });
  }
  if (!ignored) checkQuery(event);
  const deadline = deadlineOf(event, context, MARGIN_MS);
  const { requestId } = event.requestContext;
  const idempotencyKey = idempotencyKeyIn(event);
  return {
    given,
    call: {
      input: parsed.data as unknown as Parsed<Schemas>,
      principal,
      requestId,
      deadline,
      hops: hopsOf(event),
      onUse,
      idempotencyKey,
    },
  };
}
