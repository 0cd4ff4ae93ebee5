/**
 * Timeouts of store calls, so that an unresponsive store does not use up the caller's deadline: bounded per attempt,
 * two retries.
 */
export const BOUNDED = { maxAttempts: 3, requestHandler: { connectionTimeout: 1000, requestTimeout: 3000 } };
