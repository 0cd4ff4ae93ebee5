// Monthly costs of a stage, by its tags, against the amount that its operator planned.
import { Stack } from 'aws-cdk-lib';
import { CfnBudget } from 'aws-cdk-lib/aws-budgets';
import type { Construct } from 'constructs';

import { opsTopicName } from './alarm.ts';
import type { StageConfig } from './config.ts';

const NOTIFICATIONS = [
  { notificationType: 'ACTUAL', threshold: 80 },
  { notificationType: 'ACTUAL', threshold: 100 },
  { notificationType: 'FORECASTED', threshold: 100 },
];

const tagged = (key: string, value: string) => ({ tags: { key, values: [value], matchOptions: ['EQUALS'] } });

export const budgetName = ({ stage }: Pick<StageConfig, 'stage'>): string => `portunus-${stage}`;

export function addBudget(scope: Construct, config: StageConfig): void {
  const { stage, monthlyBudgetUsd } = config;
  if (monthlyBudgetUsd === undefined) return;
  const address = Stack.of(scope).formatArn({ service: 'sns', resource: opsTopicName(config) });
  new CfnBudget(scope, 'budget', {
    budget: {
      budgetName: budgetName(config),
      budgetType: 'COST',
      timeUnit: 'MONTHLY',
      budgetLimit: { amount: monthlyBudgetUsd, unit: 'USD' },
      // Counts nothing until the tag is activated for cost allocation: see docs/deploy.md.
      filterExpression: { and: [tagged('project', 'portunus'), tagged('stage', stage)] },
      metrics: ['UnblendedCost'],
    },
    notificationsWithSubscribers: NOTIFICATIONS.map((notification) => ({
      notification: { ...notification, comparisonOperator: 'GREATER_THAN', thresholdType: 'PERCENTAGE' },
      subscribers: [{ subscriptionType: 'SNS', address }],
    })),
  });
}
