// Reads what `cdk synth` wrote: manifest.json and one template per stack.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import * as z from 'zod';

import type { Site } from './resource-type.ts';
import { Template } from './template.ts';

const Artifact = z.looseObject({
  type: z.string(),
  environment: z.string().optional(),
  dependencies: z.array(z.string()).optional(),
  properties: z
    .looseObject({
      templateFile: z.string().optional(),
      stackName: z.string().optional(),
      directoryName: z.string().optional(),
    })
    .optional(),
});
const Manifest = z.looseObject({ artifacts: z.record(z.string(), Artifact) });

export type Stack = {
  readonly name: string;
  readonly site: Site;
  /** Artifact ids, of stacks and of assets. */
  readonly dependencies: readonly string[];
  readonly artifact: string;
  readonly template: Template;
};

/** The assembly's stacks, each after those it depends on. */
export function readAssembly(folder: string): Stack[] {
  return inOrder(stacksIn(folder));
}

/** Account and region all stacks share. */
export function readSite(assembly: string): Site {
  const [first, ...others] = stacksIn(assembly).map(({ site }) => site);
  if (!first) throw new Error(`${assembly} holds no stack.`);
  const elsewhere = others.find(
    ({ account, region }) => account !== first.account || region !== first.region,
  );
  if (elsewhere) {
    throw new Error(
      `One machine stands in for one account and region, not ${describe(first)} and ${describe(elsewhere)}.`,
    );
  }
  return first;
}

const describe = ({ account, region }: Site) => `${account}/${region}`;

function stacksIn(folder: string): Stack[] {
  const { artifacts } = Manifest.parse(readJson(join(folder, 'manifest.json')));
  return Object.entries(artifacts).flatMap(
    ([artifact, { type, environment, dependencies = [], properties }]) => {
      if (type === 'cdk:cloud-assembly' && properties?.directoryName) {
        return stacksIn(join(folder, properties.directoryName));
      }
      if (type !== 'aws:cloudformation:stack' || !properties?.templateFile) return [];
      const name = properties.stackName ?? artifact;
      return {
        name,
        artifact,
        dependencies,
        site: concrete(environment ?? '', name),
        template: Template.parse(readJson(join(folder, properties.templateFile))),
      };
    },
  );
}

function concrete(environment: string, stack: string): Site {
  const [, account, region] = /^aws:\/\/(\d{12})\/([a-z0-9-]+)$/.exec(environment) ?? [];
  if (!account || !region || region === 'unknown-region') {
    throw new Error(
      `Stack ${stack} needs a concrete account and region; its environment is '${environment}'.`,
    );
  }
  return { account, region };
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new Error(`Cannot read ${file} of the synthesised assembly.`, { cause });
  }
}

function inOrder(stacks: Stack[]): Stack[] {
  const ordered: Stack[] = [];
  const visit = (stack: Stack, path: readonly string[]) => {
    if (ordered.includes(stack)) return;
    if (path.includes(stack.name))
      throw new Error(`Stacks depend on each other: ${[...path, stack.name].join(' → ')}.`);
    for (const dependency of stack.dependencies) {
      const other = stacks.find(({ artifact }) => artifact === dependency);
      if (other) visit(other, [...path, stack.name]);
    }
    ordered.push(stack);
  };
  for (const stack of stacks) visit(stack, []);
  return ordered;
}
