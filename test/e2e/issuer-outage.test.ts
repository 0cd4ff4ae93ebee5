import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';

import { onEngine, usePortunus } from '#test/support/suite.ts';

onEngine.each([
  ['put by a quarter of an hour ago', undefined, 200],
  ['of a row that somebody else wrote', { sealed: new Uint8Array(200) }, 500],
  ['of a row that was given a younger age', { at: Date.now() + 1 }, 500],
])('an issuer that is down, and a start on keys %s', (_what, forged, status) => {
  const portunus = usePortunus();

  it(status === 200 ? 'lets its people in' : 'lets nobody in', async () => {
    const { current } = portunus;
    await current.events.runSchedule('on-issuer-keys', new Date());
    const [row] = (await current.rows('control')).filter(({ pk }) => String(pk).startsWith('JWKS#'));
    expect(row).toMatchObject({ pk: `JWKS#${current.issuer.jwksUrl}`, sealed: expect.any(Uint8Array) });
    expect(Buffer.from(row?.['sealed'] as Uint8Array).toString('latin1')).not.toMatch(/kty|RSA|keys/);
    for (const [name, value] of Object.entries(forged ?? {})) {
      await current.db.send(
        new UpdateCommand({
          TableName: current.tableName('control'),
          Key: { pk: row?.['pk'], sk: row?.['sk'] },
          UpdateExpression: 'SET #name = :value',
          ExpressionAttributeNames: { '#name': name },
          ExpressionAttributeValues: { ':value': value },
        }),
      );
    }
    await current.issuer.stop();
    // The authorizer has not run yet: it starts now.
    const alice = await current.person('alice');
    expect((await alice.get('/api-keys')).status).toBe(status);
    const stranger = await current.person('alice', { header: { kid: 'unknown' } });
    expect((await stranger.get('/api-keys')).status).toBe(status === 200 ? 401 : 500);

    const told = (await current.rows('audit')).filter(({ act }) => act === 'issuer_keys.refused');
    const codes = told.map(({ rec }) => JSON.parse(String(rec)).code);
    expect(new Set(codes)).toEqual(new Set(status === 200 ? [] : ['integrity_failed']));
  });
});
