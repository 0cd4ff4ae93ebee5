import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { rm } from 'node:fs/promises';
import { afterAll, expect, it } from 'vitest';

import { canaryKey, newHome, type Portunus, say, startPortunus } from '#test/support/portunus.ts';
import { deleteAccountClosures } from '#test/support/account-closures.ts';
import { onEngine } from '#test/support/suite.ts';

const NAMES = ['alice', 'bob', 'carla'];

const putBack = async (current: Portunus, copy: readonly Record<string, unknown>[]) => {
  for (const Item of copy) {
    await current.db.send(new PutCommand({ TableName: current.tableName('vault'), Item }));
  }
};
const codes = async (current: Portunus) => {
  const answers = NAMES.map(async (name) => (await current.person(name)).invoke('ai_chat', say('hello')));
  return (await Promise.all(answers)).map(({ status, body }) => body.code ?? status);
};

onEngine('a restored backup of the vault', () => {
  let portunus: Portunus | undefined;
  let home = '';
  const restart = async (): Promise<Portunus> => {
    await portunus?.stop();
    home ||= await newHome();
    portunus = await startPortunus({ home });
    return portunus;
  };
  afterAll(async () => {
    await portunus?.stop();
    await rm(home, { recursive: true, force: true });
  });

  it('is usable while its CMK is enabled, and unreadable once the CMK is scheduled for deletion', async () => {
    let current = await restart();
    for (const name of NAMES) {
      const person = await current.person(name);
      await person.post('/api-keys', { provider: 'openai', api_key: canaryKey('openai') });
    }
    const copy = await current.rows('vault');
    expect(copy).toHaveLength(NAMES.length);
    for (const name of NAMES) await (await current.person(name)).delete('/account');
    await deleteAccountClosures(current);
    expect(await codes(current)).toEqual(NAMES.map(() => 'key_missing'));

    // Meaning of backups, and the reason why the statement names their days.
    await putBack(current, copy);
    expect(await codes(current)).toEqual(NAMES.map(() => 200));

    await current.kmsAsRoot('ScheduleKeyDeletion', { KeyId: String(copy[0]?.['wkArn']) });
    current = await restart(); // no data key of before is left in any memory
    const asked = current.provider?.journal().length;
    expect(await codes(current)).toEqual(NAMES.map(() => 'kms_denied'));
    expect(current.provider?.journal()).toHaveLength(asked ?? -1);
  });
});
