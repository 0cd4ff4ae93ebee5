/** A store that does not answer must not eat the caller's deadline: bounded per try, two tries more. */
export const BOUNDED = { maxAttempts: 3, requestHandler: { connectionTimeout: 1000, requestTimeout: 3000 } };
