import { reply, wrap } from './wrap.ts';

/** A route that nobody signs in for: it reads nothing of anybody's and records nothing. */
export const openRoute = (run: () => unknown) => wrap(async () => reply(200, await run()));
