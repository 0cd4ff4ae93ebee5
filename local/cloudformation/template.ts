// The part of a CloudFormation template that the local stack reads.
import * as z from 'zod';

const Named = z.record(z.string(), z.unknown());

const Parameter = z.looseObject({
  Type: z.string(),
  Default: z.union([z.string(), z.number()]).optional(),
  AllowedPattern: z.string().optional(),
  AllowedValues: z.array(z.union([z.string(), z.number()])).optional(),
});
export type Parameter = z.infer<typeof Parameter>;

const Resource = z.looseObject({
  Type: z.string(),
  Properties: Named.optional(),
  DependsOn: z.union([z.string(), z.array(z.string())]).optional(),
  Condition: z.string().optional(),
});
export type Resource = z.infer<typeof Resource>;

const Output = z.looseObject({
  Value: z.unknown(),
  Export: z.looseObject({ Name: z.unknown() }).optional(),
  Condition: z.string().optional(),
});

export const Template = z.looseObject({
  Parameters: z.record(z.string(), Parameter).optional(),
  Conditions: Named.optional(),
  Resources: z.record(z.string(), Resource).default({}),
  Outputs: z.record(z.string(), Output).optional(),
});
export type Template = z.infer<typeof Template>;
