import { expect, it } from 'vitest';

import { canaryKey, type Person, say } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const DAY_MS = 24 * 3600 * 1000;

const incidentsOf = async (person: Person) =>
  (await person.get('/notices')).body.notices.filter(({ kind }: { kind: string }) => kind === 'incident');

const contextOf = (row: Record<string, unknown> | undefined) => ({
  app: 'portunus',
  env: 'local',
  purpose: 'user-api-key',
  ownerId: String(row?.['pk']).slice(2),
  provider: 'openai',
  kid: String(row?.['sk']).split('#')[2],
  version: '1',
});

onEngine('the reconciliation of Decrypt events', () => {
  const portunus = usePortunus();
  const dayAfter = new Date(Date.now() + DAY_MS);

  const audit = async () => {
    await portunus.current.events.settled();
    await portunus.current.events.runSchedule('on-decrypt-reconciliation', dayAfter);
  };
  const notesOf = async () =>
    (await portunus.current.rows('control')).filter(({ pk }) => String(pk).startsWith('KMS#'));
  const comparisons = async () =>
    (await portunus.current.rows('audit'))
      .filter(({ act }) => act === 'custody.compared')
      .map(({ rec }) => JSON.parse(String(rec)))
      .toSorted((one, other) => one.ts.localeCompare(other.ts));
  async function keyOf(person: Person) {
    const { body } = await person.post('/api-keys', { provider: 'openai', api_key: canaryKey('openai') });
    const keyId = String(body.key_id);
    const row = (await portunus.current.rows('vault')).find(({ sk }) => String(sk).endsWith(keyId.slice(7)));
    return { keyId, row };
  }
  /** Actions of a thief with the table's rows and the right to call KMS: no function of ours is asked. */
  const openPast = ({ row }: Awaited<ReturnType<typeof keyOf>>) =>
    portunus.current.kmsAsRoot('Decrypt', {
      CiphertextBlob: Buffer.from(row?.['wk'] as Uint8Array).toString('base64'),
      KeyId: row?.['wkArn'],
      EncryptionContext: contextOf(row),
    });

  it('matches every Decrypt event of the product', async () => {
    const { current } = portunus;
    const bob = await current.person('bob');
    const { keyId } = await keyOf(bob);
    for (let n = 0; n < 5; n += 1) await bob.invoke('ai_chat', say(`${n}`));
    await bob.post(`/api-keys/${keyId}/validate`, undefined);
    await audit();
    const decrypts = current.kmsLog().filter(({ operation }) => operation === 'Decrypt').length;
    expect(await notesOf()).toHaveLength(decrypts);
    expect(await comparisons()).toMatchObject([
      {
        result: 'succeeded',
        target: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
        meta: {
          count: decrypts,
          outcome: `${decrypts} matched, 0 possible, 0 unmatched, 0 unproven, 0 unnamed`,
          severity: 'info',
        },
      },
    ]);
    expect(await incidentsOf(bob)).toEqual([]);
  });

  it('notifies the owner of an unmatched Decrypt event once, however often it runs', async () => {
    const { current } = portunus;
    const [alice, bob] = [await current.person('alice'), await current.person('bob')];
    const key = await keyOf(alice);
    expect((await openPast(key)).status).toBe(200);
    await audit();
    await audit();

    expect(await incidentsOf(alice)).toMatchObject([
      {
        severity: 'critical',
        subject: key.keyId,
        text: expect.stringContaining('no call of yours accounts for it'),
        next_step: expect.stringContaining(`/api-keys/${key.keyId}/rotate`),
      },
    ]);
    expect(await incidentsOf(bob)).toEqual([]);
    const outcomes = (await comparisons()).slice(1).map(({ meta }) => [meta.outcome, meta.severity]);
    const found = [
      expect.stringMatching(/ matched, 0 possible, 1 unmatched, 0 unproven, 0 unnamed$/),
      'critical',
    ];
    expect(outcomes).toEqual([found, found]);

    await current.events.settled();
    const lines = current.events.published().map(({ message }) => message);
    expect(lines).toEqual([expect.stringContaining(`critical notice incident about ${key.keyId}`)]);
    expect(current.events.lost()).toEqual([]);
  });

  it('detects a Decrypt event hidden among own calls: one receipt does not match two', async () => {
    const { current } = portunus;
    const gus = await current.person('gus');
    const key = await keyOf(gus);
    await gus.invoke('ai_chat', say('hello'));
    await openPast(key);
    await audit();
    expect(await incidentsOf(gus)).toHaveLength(1);
  });

  it('counts neither rejected calls nor a new wrapping of a key inside KMS', async () => {
    const { current } = portunus;
    const before = (await comparisons()).at(-1).meta.count;
    const hal = await current.person('hal');
    const key = await keyOf(hal);
    const stranger = { ...key, row: { ...key.row, pk: `U#${'x'.repeat(27)}` } };
    expect((await openPast(stranger)).body).toMatchObject({ __type: 'InvalidCiphertextException' });
    const rewrapped = await current.kmsAsRoot('ReEncrypt', {
      CiphertextBlob: Buffer.from(key.row?.['wk'] as Uint8Array).toString('base64'),
      SourceEncryptionContext: contextOf(key.row),
      DestinationKeyId: key.row?.['wkArn'],
      DestinationEncryptionContext: contextOf(key.row),
    });
    expect(rewrapped.status).toBe(200);
    await audit();
    expect((await comparisons()).at(-1).meta.count).toBe(before);
    expect((await notesOf()).filter(({ result }) => result !== 'ok')).toHaveLength(1);
  });

  it('notes an event once, however often it is delivered', async () => {
    const { current } = portunus;
    const told = current.events.busEvents().find(({ source }) => source === 'aws.kms');
    const before = await notesOf();
    for (let n = 0; n < 2; n += 1) {
      expect(await current.lambda.invoke('portunus-local-on-key-opened', told)).not.toHaveProperty(
        'functionError',
      );
    }
    expect(await notesOf()).toEqual(before);
  });
});
