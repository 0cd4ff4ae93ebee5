// Operations on a key itself.
import { assertNotPendingDeletion, type Operations, type Parts } from './kms-call.ts';

const DAY_MS = 86_400_000;

export function keyOperations({ keys, material, now }: Parts): Pick<Operations, 'ScheduleKeyDeletion'> {
  return {
    ScheduleKeyDeletion(request, call) {
      const key = keys.find(request.KeyId);
      call.authorize(key, 'kms:ScheduleKeyDeletion', {});
      assertNotPendingDeletion(material, key);
      const deletionAt = now() + request.PendingWindowInDays * DAY_MS;
      material.setState(key, { name: 'PendingDeletion', deletionAt });
      return { KeyId: key.arn, KeyState: 'PendingDeletion', DeletionDate: deletionAt / 1000 };
    },
  };
}
