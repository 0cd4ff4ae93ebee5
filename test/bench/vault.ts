// Cost of the vault's format beside bare AES-256-GCM and the official Encryption SDK, and its number of KMS calls.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

import { createDataKeyCache } from '#shared/crypto/data-key-cache.ts';
import { open, seal, type SealedMessage } from '#shared/crypto/message.ts';
import { createFakeKms, KEY_ARN } from '#test/shared/crypto/fake-kms.ts';
import { keyring, kms, official, suiteId } from '#test/shared/crypto/interop.ts';

import { median, times, within } from './stats.ts';
import { progress, table } from './table.ts';

const PLAINTEXT = randomBytes(512);
const CONTEXT = {
  app: 'portunus',
  env: 'bench',
  purpose: 'user-api-key',
  ownerId: 'u'.repeat(27),
  provider: 'openai',
  kid: 'k'.repeat(22),
  version: '1',
};
const WHERE = { context: CONTEXT, allowedKeyArns: [KEY_ARN], wrapper: kms.wrapper };

type Work = () => unknown;

/** Microseconds for one, as the mean of a batch. */
async function timeOf(work: Work, batch: number): Promise<number> {
  const began = performance.now();
  for (let n = 0; n < batch; n += 1) await work();
  return ((performance.now() - began) * 1000) / batch;
}

function bare() {
  const [key, iv, covers] = [randomBytes(32), randomBytes(12), Buffer.from(JSON.stringify(CONTEXT))];
  const sealBare = () => {
    const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: 16 }).setAAD(covers);
    return [Buffer.concat([cipher.update(PLAINTEXT), cipher.final()]), cipher.getAuthTag()] as const;
  };
  const [bytes, tag] = sealBare();
  const openBare = () => {
    const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: 16 }).setAAD(covers);
    decipher.setAuthTag(tag);
    return Buffer.concat([decipher.update(bytes), decipher.final()]);
  };
  return { sealBare, openBare };
}

/** One instance that uses one key 1,000 times, as often as told. */
async function decryptsFor(message: SealedMessage, everyMs: number): Promise<number> {
  let now = 0;
  const keys = createDataKeyCache({ now: () => now });
  let asked = 0;
  const wrapper: typeof kms.wrapper = {
    ...kms.wrapper,
    unwrap(key) {
      asked += 1;
      return kms.wrapper.unwrap(key);
    },
  };
  for (let use = 0; use < 1000; use += 1) {
    await open({ ...WHERE, wrapper, blob: message.blob, keys });
    now += everyMs;
  }
  return asked;
}

export async function vault(quick: boolean): Promise<void> {
  const [rounds, batch] = quick ? [5, 100] : [15, 500];
  const { sealBare, openBare } = bare();
  const sealed = await seal({ context: CONTEXT, plaintext: PLAINTEXT, wrapper: kms.wrapper });
  const options = { suiteId, frameLength: 4096, encryptionContext: CONTEXT };
  const theirs = await official.encrypt(keyring, PLAINTEXT, options);
  const warm = createDataKeyCache();
  const { wrapper: alone } = createFakeKms();
  const works: Readonly<Record<string, Work>> = {
    'AES-256-GCM, seal': sealBare,
    'AES-256-GCM, open': openBare,
    'ours, seal': () => seal({ context: CONTEXT, plaintext: PLAINTEXT, wrapper: kms.wrapper }),
    'ours, open': () => open({ ...WHERE, blob: sealed.blob }),
    'ours, open, data key at hand': () => open({ ...WHERE, blob: sealed.blob, keys: warm }),
    'official SDK, seal': () => official.encrypt(keyring, PLAINTEXT, options),
    'official SDK, open': () => official.decrypt(keyring, theirs.result),
    '(the key service in memory alone)': () => alone.generate(CONTEXT),
  };
  const taken = new Map<string, number[]>();
  // Interleaved, so that whatever else the machine does falls on all of them. The first round warms up.
  for (let round = 0; round <= rounds; round += 1) {
    progress(`vault: round ${round} of ${rounds}`);
    for (const [name, work] of Object.entries(works)) {
      const us = await timeOf(work, batch);
      if (round > 0) taken.set(name, [...(taken.get(name) ?? []), us]);
    }
  }
  const of = (name: string) => median(taken.get(name) ?? []);
  table(
    `Sealing and opening 512 bytes, median of ${rounds} rounds of ${batch}; a key service in memory on each side`,
    ['', 'µs', 'to bare', 'to official'],
    Object.keys(works).map((name) => {
      const [bareName, officialName] = name.includes('seal')
        ? ['AES-256-GCM, seal', 'official SDK, seal']
        : ['AES-256-GCM, open', 'official SDK, open'];
      return [name, of(name).toFixed(1), times(of(name) / of(bareName)), times(of(name) / of(officialName))];
    }),
  );
  const rows = [];
  for (const [name, everyMs, limit] of [
    ['at once', 0, 10],
    ['ten a second', 100, 10],
    ['one a second', 1000, 17],
  ] as const) {
    const asked = await decryptsFor(sealed, everyMs);
    rows.push([name, within(String(asked), String(limit), asked <= limit)]);
  }
  table('KMS calls for 1,000 uses of one key in one instance', ['', 'Decrypt / aim'], rows);
}
