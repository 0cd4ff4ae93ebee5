import { reply, wrap } from './wrap.ts';

/** Any page may read what is everybody's: an MCP client in a browser begins with the metadata. */
const ANY_PAGE = { 'access-control-allow-origin': '*' };

/** A route that nobody signs in for: it reads nothing of anybody's and records nothing. */
export const openRoute = (run: () => unknown) => wrap(async () => reply(200, await run(), ANY_PAGE));
