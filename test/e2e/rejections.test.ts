import { expect, it } from 'vitest';

import { type Person, say } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const portunus = usePortunus();

const rejectedOf = async (person: Person) =>
  (await person.get('/audit/logs?result=refused&limit=100')).body.logs;
const counters = async (code: string) =>
  (await portunus.current.rows('control')).filter(
    ({ pk, sk }) => String(pk).startsWith('REFUSED#') && String(sk).includes(code),
  );
const totalOf = async (code: string) => (await counters(code)).reduce((sum, { n }) => sum + Number(n), 0);

/** The first of each hour, should one end meanwhile, and every hundredth. */
const recordsFor = async (code: string) =>
  (await counters(code)).reduce((sum, { n }) => sum + 1 + Math.floor(Number(n) / 100), 0);

async function flood(times: number, send: () => Promise<{ status: number }>): Promise<Set<number>> {
  const statuses = new Set<number>();
  let left = times;
  const caller = async () => {
    for (; left > 0; ) {
      left -= 1;
      statuses.add((await send()).status);
    }
  };
  await Promise.all(Array.from({ length: 8 }, caller));
  return statuses;
}

onEngine('a flood of bad requests', () => {
  it('leaves the first record and every hundredth with the count, and an exact total', async () => {
    const ann = await portunus.current.person('ann');
    await ann.invoke('todo_create', {});
    expect(await rejectedOf(ann)).toHaveLength(1);
    expect(await flood(249, () => ann.invoke('todo_create', {}))).toEqual(new Set([400]));
    const logs = await rejectedOf(ann);
    expect(logs).toHaveLength(await recordsFor('invalid_input'));
    const counts = logs.flatMap(({ metadata }: { metadata: { count?: number } }) => metadata.count ?? []);
    expect(counts).toContain(100);
    expect(await totalOf('invalid_input')).toBe(250);
  }, 180_000);

  it('is counted by kind: another tool, another reason, another owner is another first', async () => {
    const [ben, cid] = [await portunus.current.person('ben'), await portunus.current.person('cid')];
    for (let n = 0; n < 3; n += 1) {
      await ben.invoke('todo_create', {});
      await ben.invoke('todo_get', {});
      await ben.invoke('nothing_such');
      await ben.get('/limits');
      await cid.invoke('todo_create', {});
    }
    expect(await rejectedOf(ben)).toHaveLength(4);
    expect(await rejectedOf(cid)).toHaveLength(1);
  });

  it('of strangers is counted in the authorizer, and answered like the first', async () => {
    const { current } = portunus;
    let n = 0;
    const statuses = await flood(120, () => {
      n += 1;
      return current.request('GET', '/api-keys', { headers: { authorization: `Bearer nonsense${n}` } });
    });
    expect(statuses).toEqual(new Set([401]));
    const records = (await current.rows('audit')).filter(({ act }) => act === 'authentication.refused');
    expect(records).toHaveLength(await recordsFor('authentication.refused'));
    expect(await totalOf('authentication.refused')).toBe(120);
  });

  it('hides nothing that may have used a key: those are recorded each time', async () => {
    const dan = await portunus.current.person('dan');
    for (let n = 0; n < 3; n += 1) await dan.invoke('ai_chat', say('hello'));
    expect(await rejectedOf(dan)).toHaveLength(3); // key_missing
  });

  it('is recorded in full while the counter fails', async () => {
    const eva = await portunus.current.person('eva');
    await eva.get('/sessions'); // where she is signed in is noted: what fails then is the counter alone
    const stop = portunus.current.awsEndpoint.faults.inject(({ caller, operation }) =>
      caller.includes('tools-invoke') && operation === 'UpdateItem'
        ? {
            kind: 'error',
            status: 400,
            type: 'ProvisionedThroughputExceededException',
            message: 'slow down',
          }
        : undefined,
    );
    for (let n = 0; n < 3; n += 1) expect((await eva.invoke('todo_create', {})).status).toBe(400);
    stop();
    expect(await rejectedOf(eva)).toHaveLength(3);
  });
});
