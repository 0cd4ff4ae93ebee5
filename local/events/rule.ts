// A rule as the template writes it, checked and compiled.
import * as z from 'zod';

import type { RuleTarget } from './rule-target.ts';
import { compileTemplate, ruleMeaning } from './input-template.ts';
import { parsePath, valueAt } from './json-path.ts';
import { compilePattern, type Matcher } from './pattern.ts';
import { parseSchedule, type Schedule } from './schedule.ts';

const Target = z.strictObject({
  Id: z.string(),
  Arn: z.string(),
  RoleArn: z.string().optional(),
  Input: z.string().optional(),
  InputPath: z.string().optional(),
  InputTransformer: z
    .strictObject({ InputTemplate: z.string(), InputPathsMap: z.record(z.string(), z.string()).optional() })
    .optional(),
  DeadLetterConfig: z.strictObject({ Arn: z.string() }).optional(),
  RetryPolicy: z
    .strictObject({
      MaximumRetryAttempts: z.number().optional(),
      // Local retries end long before AWS's minimum age of one minute.
      MaximumEventAgeInSeconds: z.number().optional(),
    })
    .optional(),
});
type Target = z.infer<typeof Target>;

/** Rule state that also receives CloudTrail's read-only management events. */
const WITH_READS = 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS';

const RuleProperties = z
  .looseObject({
    EventBusName: z.string().default('default'),
    EventPattern: z.record(z.string(), z.unknown()).optional(),
    ScheduleExpression: z.string().optional(),
    State: z.enum(['ENABLED', 'DISABLED', WITH_READS]).default('ENABLED'),
    Targets: z.array(Target).max(5).default([]),
  })
  .refine((rule) => rule.EventPattern ?? rule.ScheduleExpression, 'A rule has a pattern or a schedule.')
  .refine(
    (rule) => rule.ScheduleExpression === undefined || rule.EventBusName === 'default',
    'ScheduleExpression is supported only on the default event bus.',
  );

export type Rule = {
  readonly arn: string;
  readonly bus: string;
  readonly enabled: boolean;
  /** Also receives CloudTrail's read-only management events. */
  readonly includesReadEvents: boolean;
  readonly matches: Matcher;
  /** Absent for a rule with only an event pattern. */
  readonly schedule?: Schedule | undefined;
  readonly targets: readonly RuleTarget[];
};

/** AWS's default is 185 retries over a day; locally a failing target must not delay the pipe for minutes. */
const MOST_RETRIES = 8;

/** @throws on anything the local bus does not support. */
export function readRule(name: string, properties: unknown, arnOf: (bus: string) => string): Rule {
  const { EventBusName, EventPattern, ScheduleExpression, State, Targets } = RuleProperties.parse(properties);
  const bus = EventBusName.split('/').at(-1) ?? '';
  const arn = arnOf(bus);
  return {
    arn,
    bus,
    enabled: State !== 'DISABLED',
    includesReadEvents: State === WITH_READS,
    matches: EventPattern ? compilePattern(EventPattern) : () => false,
    schedule: ScheduleExpression === undefined ? undefined : parseSchedule(ScheduleExpression),
    targets: Targets.map((target) => compileTarget(name, arn, target)),
  };
}

function compileTarget(ruleName: string, ruleArn: string, target: Target): RuleTarget {
  if (!/^arn:aws:(?:lambda:[^:]+:\d+:function|sns:[^:]+:\d+):/.test(target.Arn)) {
    throw new Error(
      `Target ${target.Id} of ${ruleName} is no Lambda and no topic: the local bus delivers to nothing else.`,
    );
  }
  return {
    ruleArn,
    targetArn: target.Arn,
    roleArn: target.RoleArn,
    input: compileInput(target, { 'aws.events.rule-arn': ruleArn, 'aws.events.rule-name': ruleName }),
    deadLetterArn: target.DeadLetterConfig?.Arn,
    maximumRetryAttempts: Math.min(target.RetryPolicy?.MaximumRetryAttempts ?? MOST_RETRIES, MOST_RETRIES),
  };
}

function compileInput(
  target: Target,
  variables: Readonly<Record<string, string>>,
): (event: unknown) => unknown {
  const { Input, InputPath, InputTransformer } = target;
  if (Input !== undefined) {
    const fixed: unknown = JSON.parse(Input);
    return () => fixed;
  }
  if (InputPath !== undefined) {
    const steps = parsePath(InputPath);
    return (event) => valueAt(event, steps);
  }
  if (!InputTransformer) return (event) => event;
  const { InputTemplate, InputPathsMap = {} } = InputTransformer;
  return compileTemplate(InputTemplate, ruleMeaning(InputPathsMap, variables));
}
