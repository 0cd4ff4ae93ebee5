// Dead-letter handling: the rule's queue for undeliverable events, the function's destination for failed ones.
import type { RuleTarget } from './rule-target.ts';
import type { Queues } from './event-ports.ts';

export type Failure = { readonly code: string; readonly message: string };

/** An event that was neither handled nor stored in a queue. AWS would only count it in a metric. */
export type Lost = { readonly target: string; readonly reason: string; readonly event: unknown };

export type DeadLetters = {
  /** EventBridge could not hand the event to the target. */
  readonly undelivered: (
    target: RuleTarget,
    event: unknown,
    why: Failure & { readonly retries: number },
  ) => void;
  /** Lambda took the event and the function failed each time. */
  readonly unprocessed: (
    functionArn: string,
    queueArn: string | undefined,
    what: { payload: unknown } & Failure,
  ) => void;
};

type DeadLetterOptions = {
  readonly queues: Queues;
  /** Authorises the function's role to send to that queue. */
  readonly mayReport: (functionArn: string, queueArn: string) => boolean;
  readonly onLost: (lost: Lost) => void;
};

export function createDeadLetters({ queues, mayReport, onLost }: DeadLetterOptions): DeadLetters {
  return {
    undelivered({ deadLetterArn, ruleArn, targetArn }, event, { code, message, retries }) {
      if (!deadLetterArn || !queues.admits(deadLetterArn, 'events.amazonaws.com', ruleArn)) {
        return onLost({ target: targetArn, reason: failureReason(deadLetterArn, { code, message }), event });
      }
      queues.send(deadLetterArn, JSON.stringify(event), {
        RULE_ARN: ruleArn,
        TARGET_ARN: targetArn,
        ERROR_CODE: code,
        ERROR_MESSAGE: message,
        EXHAUSTED_RETRY_CONDITION: retries > 0 ? 'MaximumRetryAttempts' : '',
        RETRY_ATTEMPTS: String(retries),
      });
    },

    unprocessed(functionArn, queueArn, { payload, code, message }) {
      if (!queueArn || !mayReport(functionArn, queueArn)) {
        return onLost({
          target: functionArn,
          reason: failureReason(queueArn, { code, message }),
          event: payload,
        });
      }
      const body = {
        version: '1.0',
        timestamp: new Date().toISOString(),
        requestContext: { functionArn: `${functionArn}:$LATEST`, condition: 'RetriesExhausted' },
        requestPayload: payload,
        responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: code },
      };
      queues.send(queueArn, JSON.stringify(body), {});
    },
  };
}

const failureReason = (queueArn: string | undefined, { code, message }: Failure) =>
  `${code}: ${message} ${queueArn ? `${queueArn} does not take it.` : 'There is no dead-letter queue.'}`;
