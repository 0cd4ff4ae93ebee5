// Target of a rule, as its deliveries see it.
export type RuleTarget = {
  readonly ruleArn: string;
  /** ARN of a function or a topic. */
  readonly targetArn: string;
  /** Role that the rule publishes by, instead of the topic's policy. */
  readonly roleArn?: string | undefined;
  readonly input: (event: unknown) => unknown;
  readonly deadLetterArn?: string | undefined;
  readonly maximumRetryAttempts: number;
};
