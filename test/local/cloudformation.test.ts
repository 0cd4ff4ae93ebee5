import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { provision, readSite } from '#local/cloudformation/provision.ts';
import type { ResourceRequest, ResourceTypes } from '#local/cloudformation/resource-type.ts';

let folder: string;
let made: ResourceRequest[];

/** `Test::Thing` answers `<name>-ref` and has the attributes Arn and List. */
const types: ResourceTypes = {
  'Test::Thing': {
    honours: ['ThingName', 'Value', 'Other'],
    ignores: { Tags: 'no billing' },
    create(request) {
      made.push(request);
      const { physicalName } = request;
      return { ref: `${physicalName}-ref`, attributes: { Arn: `arn:${physicalName}`, List: ['x', 'y'] } };
    },
  },
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portunus-cfn-'));
  made = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Stacks = Record<string, { template: object; dependencies?: string[]; environment?: string }>;

function assembly(stacks: Stacks): string {
  mkdirSync(folder, { recursive: true });
  const artifacts = Object.entries(stacks).map(([name, { template, dependencies = [], environment }]) => {
    writeFileSync(join(folder, `${name}.template.json`), JSON.stringify(template));
    const properties = { templateFile: `${name}.template.json` };
    const where = environment ?? 'aws://000000000000/eu-central-1';
    return [name, { type: 'aws:cloudformation:stack', environment: where, properties, dependencies }];
  });
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ artifacts: Object.fromEntries(artifacts) }));
  return folder;
}

const run = (stacks: Stacks, parameters: Record<string, string> = {}) =>
  provision({ assembly: assembly(stacks), parameters, types: [types] });

/** Resolves `Value` of a `Test::Thing`, next to a resource Other, in a stack with the rest of `template`. */
async function resolveInTemplate(value: unknown, template: object = {}, parameters = {}): Promise<unknown> {
  const Resources = {
    Thing: { Type: 'Test::Thing', Properties: { Value: value } },
    Other: { Type: 'Test::Thing', Properties: { ThingName: 'other' } },
  };
  await run({ S: { template: { Resources, ...template } } }, parameters);
  return made.find(({ logicalId }) => logicalId === 'Thing')?.properties.Value;
}

describe('intrinsic functions', () => {
  const conditions = {
    Parameters: { Stage: { Type: 'String', Default: 'local' } },
    Conditions: {
      Local: { 'Fn::Equals': [{ Ref: 'Stage' }, 'local'] },
      Remote: { 'Fn::Not': [{ Condition: 'Local' }] },
    },
  };

  it.each([
    ['Ref to a resource', { Ref: 'Other' }, 'other-ref'],
    ['Ref to a pseudo parameter', { Ref: 'AWS::Region' }, 'eu-central-1'],
    ['GetAtt as a list', { 'Fn::GetAtt': ['Other', 'Arn'] }, 'arn:other'],
    ['GetAtt as text', { 'Fn::GetAtt': 'Other.Arn' }, 'arn:other'],
    ['Join', { 'Fn::Join': [':', ['a', { Ref: 'AWS::Partition' }, 'c']] }, 'a:aws:c'],
    ['Join of a list attribute', { 'Fn::Join': ['', { 'Fn::GetAtt': ['Other', 'List'] }] }, 'xy'],
    [
      'Select of Split',
      { 'Fn::Select': [1, { 'Fn::Split': [':', { 'Fn::GetAtt': ['Other', 'Arn'] }] }] },
      'other',
    ],
    ['If', { 'Fn::If': ['Local', 'here', 'there'] }, 'here'],
    ['Not', { 'Fn::If': ['Remote', 'there', 'here'] }, 'here'],
    ['NoValue in an object', { kept: 1, gone: { Ref: 'AWS::NoValue' } }, { kept: 1 }],
    ['NoValue in a list', ['kept', { 'Fn::If': ['Remote', 'x', { Ref: 'AWS::NoValue' }] }], ['kept']],
    [
      'no intrinsic at all',
      { Condition: { StringEquals: { a: 'b' } }, n: 1, b: true },
      { Condition: { StringEquals: { a: 'b' } }, n: 1, b: true },
    ],
  ])('resolves %s', async (_name, value, expected) => {
    expect(await resolveInTemplate(value, conditions)).toEqual(expected);
  });

  it.each([
    ['an unknown function', { 'Fn::Cidr': ['10.0.0.0/16', 1, 8] }, 'Fn::Cidr is not supported'],
    ['a dynamic reference', '{{resolve:secretsmanager:x}}', 'dynamic reference {{resolve:secretsmanager:x}}'],
    ['a name nobody declares', { Ref: 'Nobody' }, 'holds no parameter or resource Nobody'],
    [
      'an attribute the part lacks',
      { 'Fn::GetAtt': ['Other', 'Nope'] },
      'Test::Thing Other has no attribute Nope',
    ],
    ['an import nobody exports', { 'Fn::ImportValue': 'Nobody' }, 'No stack exports Nobody'],
    ['an intrinsic with company', { Ref: 'Other', And: 'more' }, 'Ref must stand alone'],
  ])('rejects %s', async (_name, value, message) => {
    await expect(resolveInTemplate(value)).rejects.toThrow(message);
  });
});

it('throw an error that names the resource whose property cannot be resolved', async () => {
  await expect(resolveInTemplate({ Ref: 'Nobody' })).rejects.toThrow('Cannot create S/Thing (Test::Thing): ');
});

describe('parameters', () => {
  const declared = { Parameters: { Url: { Type: 'String', AllowedPattern: 'https?://.*' } } };

  it('prefer the given value to the default', async () => {
    expect(await resolveInTemplate({ Ref: 'Url' }, declared, { Url: 'http://x' })).toBe('http://x');
  });

  it('split a comma-delimited list', async () => {
    const list = { Parameters: { L: { Type: 'CommaDelimitedList', Default: 'a, b' } } };
    expect(await resolveInTemplate({ Ref: 'L' }, list)).toEqual(['a', 'b']);
  });

  it.each([
    ['a missing value', {}, 'Parameter Url of stack S needs a value'],
    ['a value outside the pattern', { Url: 'ftp://x' }, 'does not match'],
    [
      'a parameter no template declares',
      { Url: 'http://x', Typo: '1' },
      'No template declares the parameters: Typo',
    ],
  ])('reject %s', async (_name, given, message) => {
    await expect(resolveInTemplate('x', declared, given)).rejects.toThrow(message);
  });

  it('omit the bootstrap version, which only a real account has', async () => {
    const bootstrap = {
      Parameters: { BootstrapVersion: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/x' } },
    };
    expect(await resolveInTemplate('fine', bootstrap)).toBe('fine');
  });
});

describe('provisioning', () => {
  it('creates referenced resources first, across stacks too', async () => {
    const consumer = {
      Resources: {
        Late: {
          Type: 'Test::Thing',
          DependsOn: 'Early',
          Properties: { Value: { 'Fn::ImportValue': 'data:arn' } },
        },
        Early: { Type: 'Test::Thing' },
      },
    };
    const data = {
      Resources: { Table: { Type: 'Test::Thing' } },
      Outputs: { Arn: { Value: { 'Fn::GetAtt': ['Table', 'Arn'] }, Export: { Name: 'data:arn' } } },
    };
    const { outputs } = await run({
      Api: { template: consumer, dependencies: ['Data', 'Api.assets'] },
      Data: { template: data },
    });
    expect(made.map(({ physicalName }) => physicalName)).toEqual(['Data-Table', 'Api-Early', 'Api-Late']);
    expect(made.at(-1)?.properties.Value).toBe('arn:Data-Table');
    expect(outputs).toEqual({ 'Data.Arn': 'arn:Data-Table' });
  });

  it('leaves out a resource whose condition does not hold', async () => {
    const template = {
      Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } },
      Resources: { Gone: { Type: 'Test::Unheard', Condition: 'Never' }, Kept: { Type: 'Test::Thing' } },
    };
    await run({ S: { template } });
    expect(made.map(({ logicalId }) => logicalId)).toEqual(['Kept']);
  });

  it('rejects a dependency cycle by name', async () => {
    const Resources = {
      A: { Type: 'Test::Thing', Properties: { Value: { Ref: 'B' } } },
      B: { Type: 'Test::Thing', Properties: { Value: { 'Fn::GetAtt': ['C', 'Arn'] } } },
      C: { Type: 'Test::Thing', DependsOn: ['A'] },
    };
    await expect(run({ S: { template: { Resources } } })).rejects.toThrow('A → B → C → A');
  });

  it('rejects all unknown types and properties at once, before it creates anything', async () => {
    const Resources = {
      Fine: { Type: 'Test::Thing', Properties: { Value: 1, Tags: [] } },
      Odd: { Type: 'AWS::Braket::Job' },
      Extra: { Type: 'Test::Thing', Properties: { Value: 1, Sparkle: true } },
    };
    await expect(run({ S: { template: { Resources } } })).rejects.toThrow(
      'S/Odd: unknown resource type AWS::Braket::Job\n  S/Extra: unknown property Sparkle of Test::Thing',
    );
    expect(made).toEqual([]);
  });

  it('passes no ignored property to a resource type', async () => {
    const Resources = { A: { Type: 'Test::Thing', Properties: { Tags: [{ Ref: 'Nobody' }], Other: 1 } } };
    await run({ S: { template: { Resources } } });
    expect(made[0]?.properties).toEqual({ Other: 1 });
  });

  it('applies a test’s changes to the templates first', async () => {
    const template = { Resources: { A: { Type: 'Test::Thing', Properties: { Value: 'as written' } } } };
    await provision({
      assembly: assembly({ S: { template } }),
      parameters: {},
      types: [types],
      mutate: ({ S }) => Object.assign(S?.Resources.A?.Properties ?? {}, { Value: 'as mutated' }),
    });
    expect(made[0]?.properties.Value).toBe('as mutated');
  });

  it('reads account and region from the assembly and rejects two of them', () => {
    const template = {};
    expect(readSite(assembly({ S: { template } }))).toEqual({
      account: '000000000000',
      region: 'eu-central-1',
    });
    const two = { S: { template }, T: { template, environment: 'aws://000000000000/us-east-1' } };
    expect(() => readSite(assembly(two))).toThrow('000000000000/us-east-1');
    const vague = { S: { template, environment: 'aws://unknown-account/unknown-region' } };
    expect(() => readSite(assembly(vague))).toThrow('needs a concrete account');
  });
});
