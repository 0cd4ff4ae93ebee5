import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';

import { createVerifyReport, feedbackOn } from '#shared/exposure/leak-report.ts';

/** The example in GitHub's documentation of the partner program. */
const PUBLISHED = {
  keyId: '90a421169f0a406205f1563a953312f0be898d3c7b6c06b681aa86a874555f4a',
  key: [
    '-----BEGIN PUBLIC KEY-----',
    'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE9MJJHnMfn2+H4xL4YaPDA4RpJqUq',
    'kCmRCBnYERxZanmcpzQSXs1X/AljlKkbJ8qpVIW4clayyef9gWhFbNHWAA==',
    '-----END PUBLIC KEY-----',
  ].join('\n'),
  body: '[{"token":"some_token","type":"some_type","url":"some_url"}]',
  signature:
    'MEUCIQDKZokqnCjrRtw0tni+2Ltvl/uiMJ1EGumEsp1BsNr32AIgQY1YXD2nlj+XNfGK4rBfkMJ1JDOQcYXxa2sY8FNkrKc=',
};
const documentOf = (...keys: readonly { readonly id: string; readonly pem: string }[]) => ({
  public_keys: keys.map(({ id, pem }) => ({ key_identifier: id, key: pem, is_current: true })),
});
const published = documentOf({ id: PUBLISHED.keyId, pem: PUBLISHED.key });
const report = { body: Buffer.from(PUBLISHED.body), keyId: PUBLISHED.keyId, signature: PUBLISHED.signature };

function setUp(document: unknown = published) {
  let [time, fetched] = [0, 0];
  let answer = document;
  const verify = createVerifyReport({
    fetchKeys: async () => {
      fetched += 1;
      if (answer === undefined) throw new Error('unreachable');
      return answer;
    },
    now: () => time,
  });
  return {
    verify,
    fetched: () => fetched,
    advance: (ms: number) => void (time += ms),
    publish: (next: unknown) => void (answer = next),
  };
}

describe('the signature of a leak report', () => {
  it('is verified as the published example of the partner program says', async () => {
    await expect(setUp().verify(report)).resolves.toBeUndefined();
  });

  it('covers every byte of the body', async () => {
    const { verify } = setUp();
    for (let at = 0; at < report.body.length; at += 1) {
      const body = Buffer.from(report.body);
      body[at] = (body[at] ?? 0) ^ 1;
      await expect(verify({ ...report, body })).rejects.toMatchObject({
        details: { reason: 'report_signature' },
      });
    }
    for (const body of [`${PUBLISHED.body}\n`, ` ${PUBLISHED.body}`, '']) {
      await expect(verify({ ...report, body: Buffer.from(body) })).rejects.toMatchObject({
        code: 'unauthenticated',
      });
    }
  });

  it('is rejected without a signature, with a mutilated one, and with a key of another id', async () => {
    const { verify } = setUp();
    const { signature } = PUBLISHED;
    const wrong = [undefined, '', 'x', signature.slice(4), `${signature}AAAA`, signature.replace('=', '')];
    for (const one of wrong) {
      await expect(verify({ ...report, signature: one })).rejects.toMatchObject({ code: 'unauthenticated' });
    }
    for (const keyId of [undefined, '', 'another', '__proto__']) {
      await expect(verify({ ...report, keyId })).rejects.toMatchObject({ code: 'unauthenticated' });
    }
  });

  it.each([
    ['P-384', () => generateKeyPairSync('ec', { namedCurve: 'secp384r1' })],
    ['RSA', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['Ed25519', () => generateKeyPairSync('ed25519')],
  ] as const)(
    'of a key of kind %s is rejected, even if the reporter publishes that key',
    async (_name, make) => {
      const { publicKey, privateKey } = make();
      const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
      const algorithm = publicKey.asymmetricKeyType === 'ed25519' ? null : 'sha256';
      const signature = sign(algorithm, report.body, privateKey).toString('base64');
      const { verify } = setUp(documentOf({ id: 'k', pem }));
      await expect(verify({ body: report.body, keyId: 'k', signature })).rejects.toMatchObject({
        code: 'unauthenticated',
      });
    },
  );

  it('of a key that was published since is accepted, with one request in 30 seconds for unknown ids', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const next = {
      ...report,
      keyId: 'next',
      signature: sign('sha256', report.body, privateKey).toString('base64'),
    };
    const { verify, fetched, advance, publish } = setUp();
    await verify(report);
    advance(31_000);
    await expect(verify(next)).rejects.toMatchObject({ details: { reason: 'report_unknown_key' } });
    for (let n = 0; n < 20; n += 1)
      await expect(verify({ ...next, keyId: `${n}` })).rejects.toBeInstanceOf(Error);
    expect(fetched()).toBe(2);
    publish(documentOf({ id: 'next', pem }));
    advance(31_000);
    await verify(next);
    expect(fetched()).toBe(3);
  });

  it('is verified with known keys for a day while the reporter cannot be reached, and then not at all', async () => {
    const { verify, advance, publish } = setUp();
    await verify(report);
    publish(undefined);
    advance(23 * 3600_000);
    await verify(report);
    advance(2 * 3600_000);
    await expect(verify(report)).rejects.toBeInstanceOf(Error);
    const cold = setUp(null);
    await expect(cold.verify(report)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(cold.verify(report)).rejects.toMatchObject({ code: 'unavailable' });
    expect(cold.fetched()).toBe(1);
  });
});

describe('feedback on a report', () => {
  it('names a token by its SHA-256 and says whether it is one of ours', () => {
    expect(feedbackOn({ token: 'some_token', type: 'some_type' }, true)).toEqual({
      token_hash: 'mkVSChIT8VAW0tdotfs9kESSpE7idLRNTeiAPgD7U2o=', // printf some_token | openssl dgst -sha256 -binary | base64
      token_type: 'some_type',
      label: 'true_positive',
    });
    expect(feedbackOn({ token: 'x', type: 't' }, false).label).toBe('false_positive');
  });
});
