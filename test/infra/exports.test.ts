// Values that one stack exports and another imports. CloudFormation neither changes nor removes an export while it is imported.
import { App } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';

import { stageConfig } from '#infra/config.ts';
import { DataStack } from '#infra/data-stack.ts';

import { allResources, cdkContext, type Synthesised, synthesise } from './synthesised.ts';

type Outputs = Readonly<
  Record<string, { readonly Value: unknown; readonly Export?: { readonly Name: unknown } }>
>;

const outputsOf = (template: unknown): Outputs =>
  (template as { Outputs?: Outputs } | undefined)?.Outputs ?? {};

/** Name of each export and its value, as JSON. */
const exportsOf = (template: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.values(outputsOf(template)).flatMap(({ Export, Value }) =>
      Export ? [[JSON.stringify(Export.Name), JSON.stringify(Value)]] : [],
    ),
  );

const allExports = ({ templates }: Synthesised): Record<string, string> =>
  Object.assign({}, ...Object.values(templates).map(exportsOf)) as Record<string, string>;

const importsOf = (template: unknown): string[] =>
  [...JSON.stringify(template).matchAll(/"Fn::ImportValue":("(?:[^"\\]|\\.)*")/g)].map(
    ([, name = '']) => name,
  );

const dev = synthesise({ stage: 'dev' });
const changed = synthesise({
  stage: 'dev',
  domain: { name: 'api.example.com', certificateArn: 'arn:aws:acm:eu-central-1:000000000000:certificate/x' },
  webOrigin: 'https://console.example.com',
  redirectUris: ['https://client.example.com/callback'],
});

describe('the exports of a stage', () => {
  it('are those of the data and identity stacks, and are imported by others', () => {
    expect(exportsOf(dev.templates.Api)).toEqual({});
    expect(exportsOf(dev.templates.Audit)).toEqual({});
    for (const part of ['Api', 'Audit'] as const) {
      const imports = importsOf(dev.templates[part]);
      expect(imports.length).toBeGreaterThan(5);
      expect(Object.keys(allExports(dev))).toEqual(expect.arrayContaining(imports));
    }
  });

  it('depend on no parameter and no condition', () => {
    for (const template of Object.values(dev.templates)) {
      const names = Object.keys(template.Parameters ?? {}).filter((name) => name !== 'BootstrapVersion');
      for (const value of Object.values(exportsOf(template))) {
        expect(value).not.toContain('Fn::If');
        for (const name of names) expect(value).not.toContain(`"Ref":"${name}"`);
      }
    }
  });

  it('do not change with a value of the stage; a further vault key adds one', () => {
    expect(allExports(changed)).toEqual(allExports(dev));
    const rotated = allExports(synthesise({ stage: 'dev', vaultKeys: [2] }));
    expect(rotated).toMatchObject(allExports(dev));
    expect(Object.keys(rotated)).toHaveLength(Object.keys(allExports(dev)).length + 1);
  });

  it('exist without a stack that imports them, so that the last import can be removed', () => {
    const app = new App({ analyticsReporting: false, context: cdkContext });
    const config = stageConfig('dev');
    const data = new DataStack(app, 'Portunus-dev-Data', { env: config.env, config });
    const alone = app.synth().getStackByName(data.stackName).template as unknown;
    expect(exportsOf(alone)).toEqual(exportsOf(dev.templates.Data));
  });
});

describe('the functions that read a setting', () => {
  it('are in the stack of the settings', () => {
    const settings = ['ISSUERS', 'PUBLIC_URL', 'TRUSTED_ORIGINS', 'PROVIDER_ORIGINS', 'TOOL_ORIGINS'];
    const elsewhere = allResources(dev).filter(
      ([id, { Type }]) => Type === 'AWS::Lambda::Function' && !(id in (dev.templates.Api?.Resources ?? {})),
    );
    expect(elsewhere.length).toBeGreaterThan(3);
    for (const [, { Properties }] of elsewhere) {
      const names = Object.keys(Properties['Environment'].Variables);
      expect(names.filter((name) => settings.includes(name))).toEqual([]);
    }
    expect(JSON.stringify(dev.templates.Api)).toContain('portunus-dev-on-issuer-keys');
  });
});
