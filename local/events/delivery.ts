// Delivers one event to one target. To Lambda in two steps, as on AWS: to the service (the rule's retry policy and dead letters),
// then to the function (Lambda's two retries and the function's failure destination). To a topic directly.
import type { DeadLetters, Failure } from './dead-letters.ts';
import type { Authorizer, Functions, Pause, Topics } from './event-ports.ts';
import type { RuleTarget } from './rule-target.ts';

/** `AWS::Lambda::EventInvokeConfig` of a function. */
export type AsyncConfig = {
  readonly maximumRetryAttempts: number;
  readonly onFailureArn?: string | undefined;
};

/** Settles when the event was handled, dead-lettered or lost. Rejects only if the signal aborts first. */
export type Deliver = (target: RuleTarget, event: unknown, signal: AbortSignal) => Promise<void>;

type DeliveryOptions = {
  readonly iam: Authorizer;
  readonly functions: Functions;
  readonly topics: Topics;
  readonly asyncInvokeConfig: (functionArn: string) => AsyncConfig;
  readonly deadLetters: DeadLetters;
  readonly pause: Pause;
};

type Outcome = { readonly kind: 'done' } | ({ readonly kind: 'service' | 'function' } & Failure);

/** AWS waits a minute and more between two attempts; locally there is no reason to. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

export function createDelivery(options: DeliveryOptions): Deliver {
  const { iam, functions, topics, asyncInvokeConfig, deadLetters, pause } = options;

  async function attempt(functionArn: string, payload: unknown): Promise<Outcome> {
    try {
      const { functionError } = await functions.invoke(functionArn, payload);
      if (functionError === undefined) return { kind: 'done' };
      return { kind: 'function', code: functionError, message: 'The function failed.' };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return { kind: 'service', code: error.name, message: error.message };
    }
  }

  function publish(target: RuleTarget, event: unknown): void {
    const { targetArn, ruleArn, roleArn } = target;
    const allowed = roleArn
      ? iam.authorize({ roleArn, action: 'sns:Publish', resource: targetArn }).allowed
      : topics.admits(targetArn, 'events.amazonaws.com', ruleArn);
    if (!allowed) {
      const message = 'The topic does not allow the rule to publish to it.';
      return deadLetters.undelivered(target, event, { code: 'NO_PERMISSIONS', message, retries: 0 });
    }
    return topics.publish(targetArn, JSON.stringify(target.input(event)));
  }

  async function invoke(target: RuleTarget, event: unknown, signal: AbortSignal): Promise<void> {
    const { targetArn: functionArn, ruleArn } = target;
    if (!functions.mayInvoke({ functionArn, principal: 'events.amazonaws.com', sourceArn: ruleArn })) {
      const message = 'The function does not allow the rule to invoke it.';
      return deadLetters.undelivered(target, event, { code: 'NO_PERMISSIONS', message, retries: 0 });
    }
    const payload = target.input(event);
    const { maximumRetryAttempts, onFailureArn } = asyncInvokeConfig(functionArn);
    const retriesLeft = { service: target.maximumRetryAttempts, function: maximumRetryAttempts };
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      const outcome = await attempt(functionArn, payload);
      signal.throwIfAborted(); // a function killed by the stack's stop is not a failure
      if (outcome.kind === 'done') return undefined;
      if (retriesLeft[outcome.kind] === 0) {
        if (outcome.kind === 'function')
          return deadLetters.unprocessed(functionArn, onFailureArn, { payload, ...outcome });
        return deadLetters.undelivered(target, event, { ...outcome, retries: target.maximumRetryAttempts });
      }
      retriesLeft[outcome.kind]--;
      await pause(pauseMs, signal);
      signal.throwIfAborted();
    }
  }

  return async (target, event, signal) =>
    isTopic(target.targetArn) ? publish(target, event) : invoke(target, event, signal);
}

const isTopic = (arn: string) => arn.startsWith('arn:aws:sns:');
