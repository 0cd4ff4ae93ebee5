// Rejects unsupported resource types and properties, all at once and by name, before anything is created.
import type { ResourceType } from './resource-type.ts';
import type { Resource } from './template.ts';

/** Types that describe the template, or watch what AWS measures: they create nothing that a request reaches. */
export const SKIPPED_TYPES: ReadonlySet<string> = new Set([
  'AWS::Budgets::Budget',
  'AWS::CDK::Metadata',
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::Logs::MetricFilter',
]);

type Planned = {
  readonly stack: { readonly name: string };
  readonly resources: Readonly<Record<string, Resource>>;
};

export function rejectUnsupported(plans: readonly Planned[], types: ReadonlyMap<string, ResourceType>) {
  const problems = plans.flatMap(({ stack, resources }) =>
    Object.entries(resources).flatMap(([logicalId, resource]) =>
      unsupportedParts(resource, types.get(resource.Type)).map(
        (problem) => `  ${stack.name}/${logicalId}: ${problem}`,
      ),
    ),
  );
  if (problems.length === 0) return;
  throw new Error(`The local stack does not support this template:\n${problems.join('\n')}`);
}

function unsupportedParts({ Type, Properties = {} }: Resource, type: ResourceType | undefined): string[] {
  if (!type) return [`unknown resource type ${Type}`];
  const known = new Set([...type.honours, ...Object.keys(type.ignores ?? {})]);
  return Object.keys(Properties)
    .filter((name) => !known.has(name))
    .map((name) => `unknown property ${name} of ${Type}`);
}
