// Creation order of resources, from DependsOn and references.
import { referencesIn } from './intrinsics.ts';
import type { Resource } from './template.ts';

/** Logical ids, each after all it depends on; in the template's order where nothing says otherwise. */
export function creationOrder(resources: Readonly<Record<string, Resource>>): string[] {
  const ordered = new Set<string>();
  const visit = (logicalId: string, path: readonly string[]) => {
    if (ordered.has(logicalId)) return;
    if (path.includes(logicalId)) {
      const cycle = [...path.slice(path.indexOf(logicalId)), logicalId];
      throw new Error(`Resources depend on each other: ${cycle.join(' → ')}.`);
    }
    for (const dependency of listDependencies(resources[logicalId])) {
      if (dependency in resources) visit(dependency, [...path, logicalId]);
    }
    ordered.add(logicalId);
  };
  for (const logicalId of Object.keys(resources)) visit(logicalId, []);
  return [...ordered];
}

function listDependencies(resource: Resource | undefined): string[] {
  const { DependsOn = [], Properties = {} } = resource ?? {};
  return [...[DependsOn].flat(), ...referencesIn(Properties)];
}
