// A stage as templates, made in memory from empty bundles: template tests must not wait for esbuild.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { App } from 'aws-cdk-lib';

import { authorizer, eventFunctions } from '#functions/events.ts';
import { routes } from '#functions/routes.ts';
import { stageConfig, stageName } from '#infra/config.ts';
import type { StageFile } from '#infra/stage-file.ts';
import { addStage } from '#infra/stacks.ts';

export type Properties = Readonly<Record<string, any>>; // oxlint-disable-line typescript/no-explicit-any -- a template is JSON
export type Resource = { readonly Type: string; readonly Properties: Properties };
type Template = {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Parameters: Readonly<Record<string, { readonly Default?: string }>>;
};
type Part = 'Data' | 'Identity' | 'Api' | 'Audit' | 'Ops';
export type Synthesised = {
  readonly app: App;
  /** Folder of the assembly. */
  readonly folder: string;
  readonly templates: Readonly<Partial<Record<Part, Template>>>;
};

const cdkJson = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')) as {
  context: Record<string, unknown>;
};

export const cdkContext = cdkJson.context;

export const functionNames = [...routes, authorizer, ...eventFunctions].map(({ name }) => name);

const folders: string[] = [];
process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** @param given the stage and the values of its file */
export function synthesise(
  { stage, ...values }: { readonly stage: string } & Partial<StageFile>,
  requestModels: Readonly<Record<string, object>> = {},
): Synthesised {
  const folder = mkdtempSync(join(tmpdir(), 'portunus-infra-'));
  folders.push(folder);
  const dist = join(folder, 'dist');
  for (const name of functionNames) {
    mkdirSync(join(dist, 'functions', name), { recursive: true });
    writeFileSync(join(dist, 'functions', name, 'index.js'), `// ${name}`);
  }
  writeFileSync(join(dist, 'request-models.json'), JSON.stringify(requestModels));
  const app = new App({
    analyticsReporting: false,
    builtinCloudFormationValidation: false,
    context: cdkContext,
    outdir: join(folder, 'assembly'),
  });
  const stacks = addStage(app, { config: stageConfig(stageName(stage), values), dist });
  const assembly = app.synth();
  const templates = stacks.map((stack) => [
    stack.stackName.split('-').at(-1),
    assembly.getStackByName(stack.stackName).template as Template,
  ]);
  return {
    app,
    folder: assembly.directory,
    templates: Object.fromEntries(templates) as Synthesised['templates'],
  };
}

export const allResources = ({ templates }: Synthesised): readonly (readonly [string, Resource])[] =>
  Object.values(templates).flatMap(({ Resources }) => Object.entries(Resources));

export const resourcesOf = (stage: Synthesised, type: string): readonly Properties[] =>
  allResources(stage)
    .filter(([, { Type }]) => Type === type)
    .map(([, { Properties }]) => Properties);

/** By the name of the function. */
export const environments = (stage: Synthesised): Readonly<Record<string, Properties>> =>
  Object.fromEntries(
    resourcesOf(stage, 'AWS::Lambda::Function').map((fn) => [
      fn['Environment'].Variables.POWERTOOLS_SERVICE_NAME,
      fn['Environment'].Variables,
    ]),
  );
