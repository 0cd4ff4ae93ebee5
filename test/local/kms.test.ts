import { appendFileSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createIam } from '#local/iam/iam.ts';
import { createKms, type Kms } from '#local/kms/kms.ts';

import { create, createRole, policy, site, temporaryFolder } from './data-plane.ts';

const root = `arn:aws:iam::${site.account}:root`;
const KeyPolicy = policy({ Effect: 'Allow', Principal: { AWS: root }, Action: 'kms:*', Resource: '*' });
const EncryptionContext = { purpose: 'user-api-key', ownerId: 'alice' };
const base64 = (text: string) => Buffer.from(text).toString('base64');
const YEAR_MS = 366 * 86_400_000;

let folder: ReturnType<typeof temporaryFolder>;
let time = Date.parse('2026-01-01T00:00:00Z');
let iam: ReturnType<typeof createIam>;
let kms: Kms;
const start = () => {
  iam = createIam(site);
  kms = createKms({ folder: folder.path, site, iam, now: () => time });
};
beforeEach(() => {
  folder = temporaryFolder();
  start();
});
afterEach(() => folder.remove());

const symmetricKey = (logicalId = 'VaultKey', more: object = {}) =>
  create(kms.types, 'AWS::KMS::Key', { KeyPolicy, EnableKeyRotation: true, ...more }, logicalId);
const macKey = () =>
  create(
    kms.types,
    'AWS::KMS::Key',
    { KeyPolicy, KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' },
    'Mac',
  );

async function call(operation: string, input: object) {
  const { status, body } = await kms.handle(operation, input, 'root');
  return { status, ...body } as Record<string, string> & { status: number };
}
const sealed = async (KeyId: string, text = 'secret') =>
  (await call('Encrypt', { KeyId, Plaintext: base64(text), EncryptionContext }))['CiphertextBlob'] ?? '';
const rejected = (type: string) => expect.objectContaining({ status: 400, __type: type });

describe('a symmetric key', () => {
  it('generates a data key and decrypts it under the same context only', async () => {
    const { arn } = await symmetricKey();
    const made = await call('GenerateDataKey', { KeyId: arn, KeySpec: 'AES_256', EncryptionContext });
    expect(Buffer.from(made['Plaintext'] ?? '', 'base64')).toHaveLength(32);
    const reordered = { ownerId: 'alice', purpose: 'user-api-key' };
    const opened = await call('Decrypt', {
      CiphertextBlob: made['CiphertextBlob'],
      EncryptionContext: reordered,
    });
    expect(opened).toMatchObject({ status: 200, KeyId: arn, Plaintext: made['Plaintext'] });
  });

  it.each([
    ['another value', { ...EncryptionContext, ownerId: 'bob' }],
    ['one pair less', { purpose: 'user-api-key' }],
    ['one pair more', { ...EncryptionContext, more: '' }],
    ['values that only join to the same text', { purpose: 'user-api-keyuid', alice: '' }],
    ['no context', {}],
  ])('rejects to open under %s', async (_what, context) => {
    const CiphertextBlob = await sealed((await symmetricKey()).arn);
    const opened = await call('Decrypt', { CiphertextBlob, EncryptionContext: context });
    expect(opened).toEqual(rejected('InvalidCiphertextException'));
  });

  it('rejects every ciphertext that differs in one byte, is truncated or extended', async () => {
    const blob = Buffer.from(await sealed((await symmetricKey()).arn), 'base64');
    const flipped = [...blob.keys()].map((at) =>
      Buffer.from(blob.map((byte, index) => (index === at ? byte ^ 1 : byte))),
    );
    const cut = [...blob.keys()].slice(1).map((length) => blob.subarray(0, length));
    for (const bytes of [...flipped, ...cut, Buffer.concat([blob, Buffer.from([0])])]) {
      const opened = await call('Decrypt', { CiphertextBlob: bytes.toString('base64'), EncryptionContext });
      expect(opened).toEqual(rejected('InvalidCiphertextException'));
    }
  });

  it('rejects a ciphertext of another key when the request names this one', async () => {
    const [one, other] = [await symmetricKey('One'), await symmetricKey('Other')];
    const CiphertextBlob = await sealed(one.arn);
    const opened = await call('Decrypt', { KeyId: other.arn, CiphertextBlob, EncryptionContext });
    expect(opened).toEqual(rejected('IncorrectKeyException'));
  });

  it('is re-encrypted under another key without its plaintext leaving', async () => {
    const [one, other] = [await symmetricKey('One'), await symmetricKey('Other')];
    const moved = await call('ReEncrypt', {
      CiphertextBlob: await sealed(one.arn),
      SourceEncryptionContext: EncryptionContext,
      DestinationKeyId: other.arn,
      DestinationEncryptionContext: { purpose: 'moved' },
    });
    expect(moved).toMatchObject({ SourceKeyId: one.arn, KeyId: other.arn });
    const { CiphertextBlob } = moved;
    const opened = await call('Decrypt', { CiphertextBlob, EncryptionContext: { purpose: 'moved' } });
    expect(opened).toMatchObject({ KeyId: other.arn, Plaintext: base64('secret') });
  });

  it('answers to its id, its ARN and its alias', async () => {
    const { ref, arn } = await symmetricKey();
    await create(kms.types, 'AWS::KMS::Alias', { AliasName: 'alias/vault', TargetKeyId: arn }, 'Alias');
    for (const KeyId of [ref, arn, 'alias/vault']) {
      expect(await call('Encrypt', { KeyId, Plaintext: base64('x') })).toMatchObject({ KeyId: arn });
    }
    const unknown = await call('Encrypt', { KeyId: 'alias/none', Plaintext: base64('x') });
    expect(unknown).toEqual(rejected('NotFoundException'));
  });

  it('decrypts old ciphertexts after yearly rotation', async () => {
    const { arn: KeyId } = await symmetricKey();
    const blobs = [await sealed(KeyId)];
    time += YEAR_MS;
    blobs.push(await sealed(KeyId));
    for (const CiphertextBlob of blobs) {
      expect(await call('Decrypt', { CiphertextBlob, EncryptionContext })).toMatchObject({
        Plaintext: base64('secret'),
      });
    }
    const stored = JSON.parse(readFileSync(join(folder.path, 'kms', 'keys.json'), 'utf8')) as {
      keys: Record<string, { materials: unknown[] }>;
    };
    expect(Object.values(stored.keys).map(({ materials }) => materials.length)).toEqual([2]);
  });

  it('rejects use while it is pending deletion', async () => {
    const { arn: KeyId } = await symmetricKey();
    const CiphertextBlob = await sealed(KeyId);
    await call('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 });
    expect(await call('Decrypt', { CiphertextBlob, EncryptionContext })).toEqual(
      rejected('KMSInvalidStateException'),
    );
  });
});

describe('an HMAC key', () => {
  const MacAlgorithm = 'HMAC_SHA_256';

  it('generates the same MAC for the same message and another for another', async () => {
    const { arn: KeyId } = await macKey();
    const message = { KeyId, MacAlgorithm, Message: base64('sk-123') };
    const { Mac } = await call('GenerateMac', message);
    expect(await call('GenerateMac', message)).toMatchObject({ Mac });
    const other = await call('GenerateMac', { ...message, Message: base64('sk-124') });
    expect(other).toMatchObject({ status: 200, Mac: expect.not.stringContaining(Mac ?? '') });
  });

  it('does not encrypt, and an encryption key generates no MACs', async () => {
    const [mac, symmetric] = [await macKey(), await symmetricKey()];
    const encrypted = await call('Encrypt', { KeyId: mac.arn, Plaintext: base64('x') });
    expect(encrypted).toEqual(rejected('InvalidKeyUsageException'));
    const coded = await call('GenerateMac', { KeyId: symmetric.arn, MacAlgorithm, Message: base64('x') });
    expect(coded).toEqual(rejected('InvalidKeyUsageException'));
  });
});

describe('a request', () => {
  it.each([
    ['an unknown key', 'Encrypt', { KeyId: 'nobody', Plaintext: base64('x') }, 'NotFoundException'],
    [
      'too long a plaintext',
      'Encrypt',
      { KeyId: 'x', Plaintext: base64('x'.repeat(4097)) },
      'ValidationException',
    ],
    ['an empty plaintext', 'Encrypt', { KeyId: 'x', Plaintext: '' }, 'ValidationException'],
    ['no key', 'Encrypt', { Plaintext: base64('x') }, 'ValidationException'],
    [
      'a member KMS does not know',
      'Encrypt',
      { KeyId: 'x', Keyid: 'x', Plaintext: 'eA==' },
      'ValidationException',
    ],
    ['no key spec', 'GenerateDataKey', { KeyId: 'x' }, 'ValidationException'],
    ['bytes nobody sealed', 'Decrypt', { CiphertextBlob: base64('no') }, 'InvalidCiphertextException'],
    [
      'too large a context',
      'Encrypt',
      { KeyId: 'x', Plaintext: base64('x'), EncryptionContext: { a: 'x'.repeat(8192) } },
      'ValidationException',
    ],
    ['an operation that does not exist', 'EncryptAll', {}, 'UnknownOperationException'],
  ])('with %s is rejected by AWS’s own name', async (_what, operation, input, type) => {
    expect(await call(operation, input)).toEqual(rejected(type));
  });
});

const purpose = (value: string) => ({ StringEquals: { 'kms:EncryptionContext:purpose': value } });
const mayReEncrypt = (...Resource: string[]) => ({ Effect: 'Allow', Action: 'kms:ReEncrypt*', Resource });

/** The answer to a role that has just this statement. */
async function asRole(statement: object, operation: string, input: object) {
  const roleArn = await createRole(iam.types, 'Using', statement);
  const { accessKeyId } = iam.credentialsFor(roleArn, 'completions');
  return kms.handle(operation, input, { accessKeyId });
}

describe('a role', () => {
  it('decrypts only under the purpose that its policy names', async () => {
    const { arn } = await symmetricKey();
    const input = { CiphertextBlob: await sealed(arn), EncryptionContext };
    const may = (Condition: object) => ({ Effect: 'Allow', Action: 'kms:Decrypt', Resource: arn, Condition });
    expect(await asRole(may(purpose('user-api-key')), 'Decrypt', input)).toMatchObject({
      status: 200,
      allowed: true,
    });
    expect(await asRole(may(purpose('user-data')), 'Decrypt', input)).toMatchObject({
      status: 400,
      allowed: false,
      body: {
        __type: 'AccessDeniedException',
        message: expect.stringContaining(`kms:Decrypt on resource: ${arn}`),
      },
    });
  });

  it('re-encrypts only with permission for both keys', async () => {
    const [one, other] = [await symmetricKey('One'), await symmetricKey('Other')];
    const input = {
      CiphertextBlob: await sealed(one.arn),
      SourceEncryptionContext: EncryptionContext,
      DestinationKeyId: other.arn,
    };
    expect(await asRole(mayReEncrypt(one.arn), 'ReEncrypt', input)).toMatchObject({ allowed: false });
    const both = await asRole(mayReEncrypt(one.arn, other.arn), 'ReEncrypt', input);
    expect(both).toMatchObject({ allowed: true, keyArns: [one.arn, other.arn] });
  });
});

describe('the folder', () => {
  it('keeps keys for the next start, readable by the file owner only', async () => {
    const before = await symmetricKey();
    const CiphertextBlob = await sealed(before.arn);
    start();
    const after = await symmetricKey();
    expect(after.arn).toBe(before.arn);
    expect(await call('Decrypt', { CiphertextBlob, EncryptionContext })).toMatchObject({
      Plaintext: base64('secret'),
    });
    expect(statSync(join(folder.path, 'kms', 'keys.json')).mode & 0o777).toBe(0o600);
  });

  it('keeps the log of calls with context, caller and result, and nothing secret', async () => {
    const { arn } = await symmetricKey();
    const CiphertextBlob = await sealed(arn, 'very-secret');
    await call('Decrypt', { CiphertextBlob, EncryptionContext: {} });
    appendFileSync(join(folder.path, 'kms', 'log.jsonl'), '{"at":17,"oper'); // cut short by a SIGKILL
    start();
    const common = { caller: 'root', keyArns: [arn], at: time };
    expect(kms.log()).toEqual([
      { ...common, operation: 'Encrypt', encryptionContext: EncryptionContext, result: 'ok' },
      { ...common, operation: 'Decrypt', encryptionContext: {}, result: 'InvalidCiphertextException' },
    ]);
    const text = readFileSync(join(folder.path, 'kms', 'log.jsonl'), 'utf8');
    expect(text).not.toContain(base64('very-secret').slice(0, 12));
    expect(text).not.toContain(CiphertextBlob.slice(-20));
  });
});

describe('the template', () => {
  it.each([
    ['a spec nobody copied', { KeySpec: 'RSA_2048' }, 'KeySpec'],
    ['a usage that does not fit', { KeyUsage: 'GENERATE_VERIFY_MAC' }, 'not compatible'],
    [
      'a key policy that cannot be evaluated',
      {
        KeyPolicy: policy({
          Effect: 'Allow',
          Principal: '*',
          Action: 'kms:*',
          Resource: '*',
          Condition: { DateLessThan: { 'aws:CurrentTime': '2027' } },
        }),
      },
      'DateLessThan',
    ],
    [
      'a key policy without principal',
      { KeyPolicy: policy({ Effect: 'Allow', Action: 'kms:*', Resource: '*' }) },
      'principal',
    ],
  ])('with %s stops the start', async (_what, more, text) => {
    await expect(symmetricKey('Bad', more)).rejects.toThrow(text);
  });
});
