// Operations on a key itself: describe, enable, disable, rotate, delete.
import {
  type Call,
  assertNotPendingDeletion,
  type Operations,
  type Parts,
  assertUsable,
} from './kms-call.ts';
import type { StoredKey } from './key-store.ts';
import type { Key } from './kms-keys.ts';
import { KmsError } from './kms-error.ts';
import type { Operation } from './kms-requests.ts';

const DAY_MS = 86_400_000;

type Named =
  | 'DescribeKey'
  | 'EnableKey'
  | 'DisableKey'
  | 'RotateKeyOnDemand'
  | 'ScheduleKeyDeletion'
  | 'CancelKeyDeletion';

export function keyOperations({ keys, material, now }: Parts): Pick<Operations, Named> {
  function permitted(request: { KeyId: string }, call: Call, action: Operation): Key {
    const key = keys.find(request.KeyId);
    call.authorize(key, `kms:${action}`, {});
    return key;
  }

  return {
    DescribeKey(request, call) {
      const key = permitted(request, call, 'DescribeKey');
      return { KeyMetadata: describe(key, material.stored(key)) };
    },
    EnableKey(request, call) {
      const key = permitted(request, call, 'EnableKey');
      assertNotPendingDeletion(material, key);
      material.setState(key, { name: 'Enabled' });
      return {};
    },
    DisableKey(request, call) {
      const key = permitted(request, call, 'DisableKey');
      assertNotPendingDeletion(material, key);
      material.setState(key, { name: 'Disabled' });
      return {};
    },
    RotateKeyOnDemand(request, call) {
      const key = permitted(request, call, 'RotateKeyOnDemand');
      assertUsable(material, key, { usage: 'ENCRYPT_DECRYPT', operation: 'RotateKeyOnDemand' });
      material.rotate(key);
      return { KeyId: key.id };
    },
    ScheduleKeyDeletion(request, call) {
      const key = permitted(request, call, 'ScheduleKeyDeletion');
      assertNotPendingDeletion(material, key);
      const deletionAt = now() + request.PendingWindowInDays * DAY_MS;
      material.setState(key, { name: 'PendingDeletion', deletionAt });
      return { KeyId: key.arn, KeyState: 'PendingDeletion', DeletionDate: deletionAt / 1000 };
    },
    CancelKeyDeletion(request, call) {
      const key = permitted(request, call, 'CancelKeyDeletion');
      if (material.stored(key).state.name !== 'PendingDeletion') {
        throw new KmsError('KMSInvalidStateException', `${key.arn} is not pending deletion.`);
      }
      material.setState(key, { name: 'Disabled' });
      return { KeyId: key.arn };
    },
  };
}

function describe(key: Key, { createdAt, state }: StoredKey): object {
  const mac = key.usage === 'GENERATE_VERIFY_MAC';
  return {
    AWSAccountId: key.arn.split(':')[4],
    KeyId: key.id,
    Arn: key.arn,
    CreationDate: createdAt / 1000,
    Enabled: state.name === 'Enabled',
    Description: key.description,
    KeyUsage: key.usage,
    KeyState: state.name,
    ...(state.name === 'PendingDeletion' && { DeletionDate: state.deletionAt / 1000 }),
    Origin: 'AWS_KMS',
    KeyManager: 'CUSTOMER',
    KeySpec: key.spec,
    CustomerMasterKeySpec: key.spec,
    ...(mac
      ? { MacAlgorithms: [key.spec.replace('HMAC_', 'HMAC_SHA_')] }
      : { EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'] }),
    MultiRegion: key.multiRegion,
  };
}
