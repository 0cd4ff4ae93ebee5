import { expect, it } from 'vitest';

import { BACKUP_DAYS } from '#shared/account/erasure.ts';

import { allResources, synthesise } from './synthesised.ts';

it('the erasure statement names the actual backup retention of the tables', () => {
  const days = allResources(synthesise({ stage: 'prod' }))
    .filter(([, { Type }]) => Type === 'AWS::DynamoDB::GlobalTable')
    .map(([id, { Properties }]) => {
      const { PointInTimeRecoverySpecification: backups } = Properties['Replicas'][0];
      return [id.replace(/[0-9A-F]{8}$/, ''), backups?.RecoveryPeriodInDays];
    });
  expect(Object.fromEntries(days)).toMatchObject({ Vault: BACKUP_DAYS.keys, Content: BACKUP_DAYS.content });
});
