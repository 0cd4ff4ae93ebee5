import fc from 'fast-check';
import { expect, it } from 'vitest';

import { Secret } from '#shared/core/secret.ts';
import { decodeFrame, encodeFrame } from '#shared/crypto/frame.ts';

const text = (maxLength: number) => fc.string({ unit: 'grapheme', maxLength });
const encode = (secret: string, origin = '') => encodeFrame({ secret: new Secret(secret), origin });

it('gives back any secret and origin', () => {
  fc.assert(
    fc.property(text(200), text(60), (secret, origin) => {
      const frame = decodeFrame(encode(secret, origin));
      expect([frame.secret.reveal(), frame.origin]).toEqual([secret, origin]);
    }),
  );
});

it('does not reveal the length of a secret by its own length', () => {
  const lengths = Array.from({ length: 507 }, (_, length) => encode('x'.repeat(length)).length);
  expect(new Set(lengths)).toEqual(new Set([512]));
  expect(encode('x'.repeat(508))).toHaveLength(1024);
});

it('rejects any byte in the padding', () => {
  const frame = encode('sk-canary', 'https://api.example.com');
  const end = 1 + 2 + 'sk-canary'.length + 2 + 'https://api.example.com'.length;
  for (let at = end; at < frame.length; at += 1) {
    const broken = Uint8Array.from(frame);
    broken[at] = 1;
    expect(() => decodeFrame(broken)).toThrow(expect.objectContaining({ code: 'integrity_failed' }));
  }
});

it.each([
  ['nothing at all', new Uint8Array()],
  ['a frame of another version', Uint8Array.of(2, ...encode('x').subarray(1))],
  ['a frame cut short', encode('x').subarray(0, 511)],
  ['a frame padded further', Uint8Array.of(...encode('x'), ...new Uint8Array(512))],
  ['a length beyond the end', Uint8Array.of(1, 255, 255, ...new Uint8Array(509))],
  ['half a length', Uint8Array.of(1, 0)],
  ['a secret that is not UTF-8', Uint8Array.of(1, 0, 1, 0xff, ...new Uint8Array(508))],
])('rejects %s', (_what, bytes) => {
  expect(() => decodeFrame(bytes)).toThrow(expect.objectContaining({ code: 'integrity_failed' }));
});

it('never reads beyond what it was given', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1100 }), (bytes) => {
      const outcome = (() => {
        try {
          return decodeFrame(bytes);
        } catch (error) {
          return error;
        }
      })();
      expect(outcome).toMatchObject({ code: 'integrity_failed' });
    }),
  );
});

it('rejects a secret that cannot be encoded exactly', () => {
  expect(() => encode('\ud800')).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  expect(() => encode('x'.repeat(4092))).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  expect(encode('x'.repeat(4091))).toHaveLength(4096);
});
