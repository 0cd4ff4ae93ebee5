import { bufferedHandler, reply } from './buffered-handler.ts';
import { checkNoQuery } from './request.ts';

/** Public metadata may be read by any web page: an MCP client in a browser starts with it. */
const ANY_PAGE = { 'access-control-allow-origin': '*' };

/** A route without a caller: it reads no one's data and records nothing. */
export const publicRoute = (run: () => unknown) =>
  bufferedHandler(async (event) => {
    checkNoQuery(event);
    return reply(200, await run(), ANY_PAGE);
  });
