// `AWS::Lambda::EventInvokeConfig`: retries and failure destination of asynchronous invocations.
import * as z from 'zod';

import type { ResourceType } from '#local/cloudformation/resource-type.ts';

import type { AsyncConfig } from './delivery.ts';

const Properties = z.looseObject({
  FunctionName: z.string(),
  MaximumRetryAttempts: z.number().int().min(0).max(2).default(2),
  DestinationConfig: z
    .strictObject({
      OnFailure: z.strictObject({ Destination: z.string().startsWith('arn:aws:sqs:') }).optional(),
    })
    .optional(),
});

/** Lambda's default: two retries, then the event is dropped. */
const DEFAULT: AsyncConfig = { maximumRetryAttempts: 2 };

export function createInvokeConfigs(): { type: ResourceType; of: (functionArn: string) => AsyncConfig } {
  const configs = new Map<string, AsyncConfig>();

  return {
    type: {
      honours: ['FunctionName', 'MaximumRetryAttempts', 'DestinationConfig'],
      ignores: {
        MaximumEventAgeInSeconds: 'local retries end within seconds',
        Qualifier: 'there is one version of each function',
      },
      create({ physicalName, properties }) {
        const { FunctionName, MaximumRetryAttempts, DestinationConfig } = Properties.parse(properties);
        const onFailureArn = DestinationConfig?.OnFailure?.Destination;
        configs.set(functionNameFrom(FunctionName), {
          maximumRetryAttempts: MaximumRetryAttempts,
          onFailureArn,
        });
        return { ref: physicalName };
      },
    },
    of: (functionArn) => configs.get(functionNameFrom(functionArn)) ?? DEFAULT,
  };
}

const functionNameFrom = (nameOrArn: string) =>
  nameOrArn.split(':function:').at(-1)?.split(':')[0] ?? nameOrArn;
