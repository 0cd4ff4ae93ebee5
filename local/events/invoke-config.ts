// `AWS::Lambda::EventInvokeConfig`: what Lambda does with an event when the function fails.
import * as z from 'zod';

import type { ResourceType } from '#local/cloudformation/resource.ts';

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

/** Without a configuration Lambda tries twice more and then drops the event. */
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
        configs.set(nameOf(FunctionName), { maximumRetryAttempts: MaximumRetryAttempts, onFailureArn });
        return { ref: physicalName };
      },
    },
    of: (functionArn) => configs.get(nameOf(functionArn)) ?? DEFAULT,
  };
}

const nameOf = (nameOrArn: string) => nameOrArn.split(':function:').at(-1)?.split(':')[0] ?? nameOrArn;
