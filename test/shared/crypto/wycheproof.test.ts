// Vectors by which Google and C2SP test crypto libraries, in our profile: a 256-bit key, a 96-bit IV, a
// 128-bit tag.
import { createDecipheriv, hkdfSync } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import * as z from 'zod';

const folder = fileURLToPath(new URL('../../../../shared/vectors/wycheproof', import.meta.url));
const vectors = existsSync(folder);
const read = (name: string): unknown => JSON.parse(readFileSync(`${folder}/${name}`, 'utf8'));
const hex = (text: string) => Buffer.from(text, 'hex');

const Verdict = z.enum(['valid', 'acceptable', 'invalid']);
const Gcm = z.object({
  testGroups: z.array(
    z.object({
      ivSize: z.number(),
      keySize: z.number(),
      tagSize: z.number(),
      tests: z.array(
        z.object({
          tcId: z.number(),
          key: z.string(),
          iv: z.string(),
          aad: z.string(),
          msg: z.string(),
          ct: z.string(),
          tag: z.string(),
          result: Verdict,
        }),
      ),
    }),
  ),
});
const Hkdf = z.object({
  testGroups: z.array(
    z.object({
      tests: z.array(
        z.object({
          tcId: z.number(),
          ikm: z.string(),
          salt: z.string(),
          info: z.string(),
          size: z.number(),
          okm: z.string(),
          result: Verdict,
        }),
      ),
    }),
  ),
});

const holds = (check: () => boolean): boolean => {
  try {
    return check();
  } catch {
    return false;
  }
};

it.skipIf(!vectors)(
  'AES-GCM: all 66 Wycheproof vectors in profile (skipped without ../shared/vectors)',
  () => {
    const groups = Gcm.parse(read('aes_gcm_test.json')).testGroups.filter(
      ({ ivSize, keySize, tagSize }) => ivSize === 96 && keySize === 256 && tagSize === 128,
    );
    const tests = groups.flatMap((group) => group.tests);
    const differing = tests.filter(({ key, iv, aad, msg, ct, tag, result }) => {
      const opened = holds(() => {
        const decipher = createDecipheriv('aes-256-gcm', hex(key), hex(iv), { authTagLength: 16 });
        decipher.setAAD(hex(aad));
        decipher.setAuthTag(hex(tag));
        return Buffer.concat([decipher.update(hex(ct)), decipher.final()]).equals(hex(msg));
      });
      return opened !== (result === 'valid');
    });
    expect(tests).toHaveLength(66);
    expect(differing).toEqual([]);
  },
);

it.skipIf(!vectors)('HKDF-SHA-512: all 83 Wycheproof vectors (skipped without ../shared/vectors)', () => {
  const tests = Hkdf.parse(read('hkdf_sha512_test.json')).testGroups.flatMap((group) => group.tests);
  const differing = tests.filter(({ ikm, salt, info, size, okm, result }) => {
    const derived = holds(() =>
      Buffer.from(hkdfSync('sha512', hex(ikm), hex(salt), hex(info), size)).equals(hex(okm)),
    );
    return derived !== (result === 'valid');
  });
  expect(tests).toHaveLength(83);
  expect(differing).toEqual([]);
});
