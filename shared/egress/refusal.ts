import { AppError } from '#shared/core/errors.ts';

/** Which rule of the guard refused. */
export type EgressRule = 'url' | 'scheme' | 'port' | 'host' | 'address' | 'header' | 'method';

export const egressRefused = (rule: EgressRule): AppError =>
  new AppError('egress_refused', undefined, { rule });
