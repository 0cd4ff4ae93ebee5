import { AppError } from '#shared/core/errors.ts';

/** Check that rejected the record. For the audit trail and the operator; it reveals nothing about the content. */
export type IntegrityReason = 'format' | 'context' | 'key_arn' | 'data_key' | 'commitment' | 'tag' | 'frame';

export const integrityFailure = (reason: IntegrityReason): AppError =>
  new AppError('integrity_failed', undefined, { reason });
