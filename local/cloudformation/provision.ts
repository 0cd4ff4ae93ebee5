// Provisions the templates of an assembly, stack by stack, on the emulated services.
import { readAssembly, readSite, type Stack } from './assembly.ts';
import { resolve, type Scope } from './intrinsics.ts';
import { creationOrder } from './creation-order.ts';
import { resolveParameters } from './template-parameters.ts';
import type { Created, ResourceType, ResourceTypes, Site } from './resource-type.ts';
import { createScope } from './stack-scope.ts';
import { rejectUnsupported, SKIPPED_TYPES } from './unsupported.ts';
import type { Resource, Template } from './template.ts';

export { readSite } from './assembly.ts';

export type ProvisionOptions = {
  readonly assembly: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly types: readonly ResourceTypes[];
  /** Changes the templates before anything is created. Tests prove with it that a check can fail. */
  readonly mutate?: ((templates: Record<string, Template>) => void) | undefined;
  readonly onProgress?: ((line: string) => void) | undefined;
};

type Provisioned = {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  readonly physicalName: string;
  readonly created: Created;
};

export type Provision = {
  readonly site: Site;
  /** By `<stack>.<output>`. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly resources: readonly Provisioned[];
};

/** Fails before creating anything if a template holds an unsupported type or property. */
export async function provision(options: ProvisionOptions): Promise<Provision> {
  const { assembly, parameters, mutate, onProgress = () => undefined } = options;
  const stacks = readAssembly(assembly);
  mutate?.(Object.fromEntries(stacks.map(({ name, template }) => [name, template])));
  rejectUndeclaredParameters(parameters, stacks);

  const types = merged(options.types);
  const exports = new Map<string, unknown>();
  const plans = stacks.map((stack) => planStack(stack, parameters, exports));
  rejectUnsupported(plans, types);

  const resources: Provisioned[] = [];
  const outputs: Record<string, string> = {};
  for (const plan of plans) {
    onProgress(`creating ${plan.stack.name} (${Object.keys(plan.resources).length} resources)`);
    resources.push(...(await createAll(plan, types)));
    Object.assign(outputs, resolveOutputs(plan, exports));
  }
  return { site: readSite(assembly), outputs, resources };
}

type Plan = {
  readonly stack: Stack;
  readonly scope: Scope;
  /** Resources whose condition is true. */
  readonly resources: Readonly<Record<string, Resource>>;
  readonly created: Map<string, Created>;
};

function planStack(
  stack: Stack,
  given: Readonly<Record<string, string>>,
  exports: Map<string, unknown>,
): Plan {
  const { name, site, template } = stack;
  const created = new Map<string, Created>();
  const parameters = resolveParameters(name, template, given);
  const scope = createScope({ stack: name, site, template, parameters, created, exports });
  const resources = Object.entries(template.Resources).filter(
    ([, { Type, Condition }]) => !SKIPPED_TYPES.has(Type) && (!Condition || scope.condition(Condition)),
  );
  return { stack, scope, resources: Object.fromEntries(resources), created };
}

async function createAll(plan: Plan, types: ReadonlyMap<string, ResourceType>): Promise<Provisioned[]> {
  const { stack, scope, resources, created } = plan;
  const made: Provisioned[] = [];
  for (const logicalId of creationOrder(resources)) {
    const resource = resources[logicalId];
    const type = types.get(resource?.Type ?? '');
    if (!resource || !type) throw new Error(`${stack.name}/${logicalId} has no emulated type.`);
    try {
      const honoured = Object.entries(resource.Properties ?? {}).filter(
        ([name]) => !(name in (type.ignores ?? {})),
      );
      const properties = resolve(Object.fromEntries(honoured), scope) as Record<string, unknown>;
      const physicalName = choosePhysicalName(stack.name, logicalId, { ...resource, Properties: properties });
      const answer = await type.create({
        site: stack.site,
        stack: stack.name,
        logicalId,
        physicalName,
        properties,
      });
      created.set(logicalId, answer);
      made.push({ stack: stack.name, logicalId, type: resource.Type, physicalName, created: answer });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`Cannot create ${stack.name}/${logicalId} (${resource.Type}): ${reason}`, { cause });
    }
  }
  return made;
}

/** The name from the template (`QueueName`, `TableName`, `Name`), else one generated from stack and logical id. */
function choosePhysicalName(stack: string, logicalId: string, { Type, Properties = {} }: Resource): string {
  const kind = (Type.split('::').at(-1) ?? '').replace(/^Global/, '');
  const given = Properties[`${kind}Name`] ?? Properties.Name;
  return typeof given === 'string' && given !== '' ? given : `${stack}-${logicalId}`;
}

function resolveOutputs({ stack, scope }: Plan, exports: Map<string, unknown>): Record<string, string> {
  const outputs: Record<string, string> = {};
  for (const [name, { Value, Export, Condition }] of Object.entries(stack.template.Outputs ?? {})) {
    if (Condition && !scope.condition(Condition)) continue;
    const value = resolve(Value, scope);
    outputs[`${stack.name}.${name}`] = String(value);
    if (Export) exports.set(String(resolve(Export.Name, scope)), value);
  }
  return outputs;
}

function merged(types: readonly ResourceTypes[]): Map<string, ResourceType> {
  const all = new Map<string, ResourceType>();
  for (const [name, type] of types.flatMap((part) => Object.entries(part))) {
    if (all.has(name)) throw new Error(`Two services provide ${name}.`);
    all.set(name, type);
  }
  return all;
}

function rejectUndeclaredParameters(given: Readonly<Record<string, string>>, stacks: readonly Stack[]) {
  const declared = new Set(stacks.flatMap(({ template }) => Object.keys(template.Parameters ?? {})));
  const unknown = Object.keys(given).filter((name) => !declared.has(name));
  if (unknown.length > 0) throw new Error(`No template declares the parameters: ${unknown.join(', ')}.`);
}
