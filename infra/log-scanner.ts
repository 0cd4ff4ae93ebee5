// The function that searches the logs of all others for keys, and the subscriptions that start it.
import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { CfnSubscriptionFilter } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

import type { EventFunction } from '#functions/events.ts';

import { acknowledge } from './acknowledge.ts';
import { deadLetterQueue } from './dead-letter-queue.ts';
import { createFunction, type FunctionSite } from './function.ts';
import { functionLogs, logGroupName, SCANNED_LOGS } from './function-logs.ts';

/**
 * The group of the API is named, not referenced: an import would tie the stacks together. It exists, because this stack is deployed
 * after that one.
 */
export function logScanner(scope: Construct, site: FunctionSite, spec: EventFunction): void {
  const { config } = site;
  const deadLetters = deadLetterQueue(scope, { id: `${spec.name}-dead-letters`, config });
  const fn = createFunction(
    scope,
    { ...site, logGroup: functionLogs(scope, config, 'scanner') },
    {
      name: spec.name,
      needs: spec.needs,
      description: 'On lines of the logs of functions',
      timeoutSeconds: spec.timeoutSeconds,
      asynchronous: {
        retryAttempts: 2,
        maxEventAge: Duration.hours(2),
        onFailure: new SqsDestination(deadLetters),
      },
    },
  );
  for (const part of SCANNED_LOGS) {
    const name = logGroupName(config, part);
    acknowledge(fn.role ?? fn, {
      [`AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:${name}:*]`]:
        'All streams of one log group: a stream has no name before it exists.',
    });
    fn.addPermission(`${part}-logs`, {
      principal: new ServicePrincipal('logs.amazonaws.com'),
      sourceAccount: Stack.of(scope).account,
      sourceArn: Stack.of(scope).formatArn({
        service: 'logs',
        resource: 'log-group',
        resourceName: `${name}:*`,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
    });
    const filter = new CfnSubscriptionFilter(scope, `${part}-logs-filter`, {
      logGroupName: name,
      filterName: `portunus-${config.stage}-leaks`,
      filterPattern: '', // every line: a key without a known prefix matches no pattern
      destinationArn: fn.functionArn,
    });
    filter.node.addDependency(fn, site.logGroup);
  }
}
