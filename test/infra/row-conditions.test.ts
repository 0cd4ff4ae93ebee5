import { describe, expect, it } from 'vitest';

import { creationOrder } from '#local/cloudformation/creation-order.ts';

import { nameOf, partitionsOf, roleStatements, type Statement } from './statements.ts';
import { resourcesOf, synthesise } from './synthesised.ts';

/** One row, all rows of a kind, an owner id, a fingerprint, a day or a part of one: never all partitions. */
const PARTITION = /^(?:[A-Z]+(?:#\*)?|\?{27}|\?{43}|\?{4}-\?\?-\?\?(?:#\?)?)$/;

const TABLE = /^(?:Vault|Content|Control|Audit)(?:\/index\/\w+)?$/;

/** Statements on a table or index that leave open which partition a call may touch, each by role, action and table. */
const unscoped = (role: string, statements: readonly Statement[]): string[] =>
  statements.flatMap((statement) => {
    const tables = [statement.Resource]
      .flat()
      .map(nameOf)
      .filter((name) => TABLE.test(name));
    const patterns = partitionsOf(statement) ?? [];
    if (patterns.length > 0 && patterns.every((pattern) => PARTITION.test(pattern))) return [];
    return tables.map((table) => `${role}: ${[statement.Action].flat().join(', ')} on ${table}`);
  });

const rows = (...patterns: string[]) => ({
  'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': patterns },
});
const present = { Null: { 'dynamodb:LeadingKeys': 'false' } };
const onControl = (Condition: object | undefined, Action = 'dynamodb:PutItem'): Statement => ({
  Action,
  Resource: { 'Fn::ImportValue': 'Portunus-dev-Data:ExportsOutputFnGetAttControl84B1D4E3ArnC1B5B3D5' },
  ...(Condition && { Condition: Condition as NonNullable<Statement['Condition']> }),
});

describe('a statement on a table', () => {
  it.each(['local', 'dev', 'prod'])(
    'names its row partitions in every role of stage %s, but for the Scan of the rewrap job',
    (stage) => {
      const found = roleStatements(synthesise({ stage })).flatMap(([role, statements]) =>
        unscoped(role, statements),
      );
      expect(found).toEqual(['onrewrap: dynamodb:Scan on Vault']);
    },
  );

  it.each([
    ['has no condition', undefined],
    ['holds for a call without any key', rows('IDEM#*')],
    ['allows every partition', { ...rows('*'), ...present }],
    ['allows every partition of some length', { ...rows('?*'), ...present }],
    ['allows every partition among others', { ...rows('IDEM#*', '*'), ...present }],
    ['allows a part of a kind', { ...rows('IDE*'), ...present }],
    ['limits attributes alone', { 'ForAllValues:StringLike': { 'dynamodb:Attributes': ['pk'] } }],
    [
      'asks for one matching key only',
      { 'ForAnyValue:StringLike': { 'dynamodb:LeadingKeys': ['IDEM#*'] }, ...present },
    ],
  ])('is found when it %s', (_what, condition) => {
    expect(unscoped('some-role', [onControl(condition)])).toEqual(['some-role: dynamodb:PutItem on Control']);
  });

  it.each(['GetItem', 'Query', 'BatchGetItem', 'ConditionCheckItem', 'DeleteItem'])(
    'is found when it allows %s of all rows',
    (action) => {
      expect(unscoped('some-role', [onControl(undefined, `dynamodb:${action}`)])).toHaveLength(1);
    },
  );

  it('is not found when it names one partition or several', () => {
    const scoped = [
      onControl({ ...rows('IDEM#*'), ...present }),
      onControl({ ...rows('LIMITS', 'RATE#*'), ...present }),
    ];
    expect(unscoped('some-role', scoped)).toEqual([]);
  });
});

describe('the policies of a role', () => {
  it.each(['local', 'dev', 'prod'])(
    'are inline on stage %s, one for each role, and no resources',
    (stage) => {
      const synthesised = synthesise({ stage });
      for (const type of ['Policy', 'ManagedPolicy', 'RolePolicy'])
        expect(resourcesOf(synthesised, `AWS::IAM::${type}`)).toEqual([]);
      const policies = resourcesOf(synthesised, 'AWS::IAM::Role').flatMap(({ Policies = [] }) => Policies);
      expect(policies.length).toBe(roleStatements(synthesised).length);
      expect(new Set(policies.map(({ PolicyName }) => PolicyName))).toEqual(new Set(['needs']));
    },
  );

  it('refer to no resource that refers to their role, so that every stack can be created', () => {
    for (const { Resources } of Object.values(synthesise({ stage: 'prod' }).templates))
      expect(creationOrder(Resources)).toHaveLength(Object.keys(Resources).length);
  });

  it('stay below the 10,240 characters that IAM takes inline, ARNs resolved', () => {
    const arn =
      'arn:aws:dynamodb:ap-southeast-2:123456789012:table/Portunus-prod-Data-Control84B1D4E3-1ABCDEFGHIJKL';
    const sizes = roleStatements(synthesise({ stage: 'prod', vaultKeys: [2, 1] })).map(
      ([role, statements]) => {
        const resolved = JSON.stringify(statements).replaceAll(
          /\{"Fn::(?:GetAtt|ImportValue)":[^{}]*\}/g,
          JSON.stringify(arn),
        );
        return [role, resolved.length] as const;
      },
    );
    expect(sizes.filter(([, size]) => size > 10_240)).toEqual([]);
    expect(Math.max(...sizes.map(([, size]) => size))).toBeGreaterThan(2_000); // of `mcp`: else nothing was measured
  });
});
