// Refuses what the local parts do not copy: everything at once, by name, before anything is created.
import type { ResourceType } from './resource.ts';
import type { Resource } from './template.ts';

/** Types that describe the template and create nothing. */
export const SKIPPED_TYPES: ReadonlySet<string> = new Set(['AWS::CDK::Metadata']);

type Planned = {
  readonly stack: { readonly name: string };
  readonly resources: Readonly<Record<string, Resource>>;
};

export function refuseUnknown(plans: readonly Planned[], types: ReadonlyMap<string, ResourceType>) {
  const problems = plans.flatMap(({ stack, resources }) =>
    Object.entries(resources).flatMap(([logicalId, resource]) =>
      problemsOf(resource, types.get(resource.Type)).map(
        (problem) => `  ${stack.name}/${logicalId}: ${problem}`,
      ),
    ),
  );
  if (problems.length === 0) return;
  throw new Error(`The local stack cannot stand in for this template:\n${problems.join('\n')}`);
}

function problemsOf({ Type, Properties = {} }: Resource, type: ResourceType | undefined): string[] {
  if (!type) return [`unknown resource type ${Type}`];
  const known = new Set([...type.honours, ...Object.keys(type.ignores ?? {})]);
  return Object.keys(Properties)
    .filter((name) => !known.has(name))
    .map((name) => `unknown property ${name} of ${Type}`);
}
