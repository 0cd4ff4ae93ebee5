// A stage on its way from one CMK to another.
import { describe, expect, it } from 'vitest';

import { stageConfig } from '#infra/config.ts';

import { roleStatements } from './statements.ts';
import { environments, resourcesOf, synthesise } from './synthesised.ts';

const before = synthesise({ stage: 'dev' });
const during = synthesise({ stage: 'dev', vaultKeys: [2, 1] });
const after = synthesise({ stage: 'dev', vaultKeys: [2] });

/** Logical ids of the vault keys whose use a function's statements allow, by action. */
function keysOf(stage: ReturnType<typeof synthesise>, action: string): string[][] {
  const statements = roleStatements(stage).flatMap(([, ofRole]) => ofRole);
  return statements
    .filter(({ Action }) => [Action].flat().includes(action))
    .map(({ Resource }) =>
      [Resource]
        .flat()
        .map((one) => /FnGetAtt(VaultKey2?)[0-9A-F]{8}Arn/.exec(JSON.stringify(one))?.[1] ?? '?'),
    );
}
const each = (names: string[]) => (lists: string[][]) =>
  lists.length > 0 && lists.every((list) => JSON.stringify(list.toSorted()) === JSON.stringify(names));

describe('the CMKs of a vault', () => {
  it('seal under the first, open under all, and move from all to the first', () => {
    expect(keysOf(during, 'kms:GenerateDataKey')).toSatisfy(each(['VaultKey2']));
    expect(keysOf(during, 'kms:Decrypt')).toSatisfy(each(['VaultKey', 'VaultKey2']));
    expect(keysOf(during, 'kms:ReEncryptFrom')).toSatisfy(each(['VaultKey', 'VaultKey2']));
    expect(keysOf(during, 'kms:ReEncryptTo')).toSatisfy(each(['VaultKey2']));
    expect(Object.keys(environments(during)['tools-invoke'] ?? {})).toContain('VAULT_KEY_ARNS');
  });

  it('stay in the template with their exports after the last grant was removed', () => {
    const outputs = (stage: typeof after) =>
      Object.keys((stage.templates.Data as { Outputs?: object }).Outputs ?? {});
    expect(keysOf(after, 'kms:Decrypt')).toSatisfy(each(['VaultKey2']));
    expect(resourcesOf(after, 'AWS::KMS::Key')).toHaveLength(4); // two of the vault, fingerprints, audit log
    expect(outputs(after)).toEqual(expect.arrayContaining(outputs(before)));
    expect(outputs(after)).toEqual(expect.arrayContaining(outputs(during)));
  });

  it('have policies alike', () => {
    const policies = resourcesOf(during, 'AWS::KMS::Key')
      .filter(({ EnableKeyRotation }) => EnableKeyRotation === true)
      .map(({ KeyPolicy }) => KeyPolicy);
    expect(policies).toHaveLength(2);
    expect(policies[0]).toEqual(policies[1]);
  });

  it('are named by number', () => {
    expect(stageConfig('dev').vaultKeys).toEqual([1]);
    expect(() => stageConfig('dev', { vaultKeys: ['two'] })).toThrow(/vaultKeys/);
    expect(() => stageConfig('dev', { vaultKeys: [1, 1] })).toThrow(/once/);
  });
});
