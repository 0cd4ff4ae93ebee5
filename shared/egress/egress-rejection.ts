import { AppError } from '#shared/core/errors.ts';

/** Rule of the egress guard that rejected the request. */
export type EgressRule = 'url' | 'scheme' | 'port' | 'host' | 'address' | 'header' | 'method';

export const egressRejected = (rule: EgressRule): AppError =>
  new AppError('egress_refused', undefined, { rule });
