// The browser that command lines open: signs in as the demo user and follows the redirect to the client's callback.
import { browseToCallback } from './browser.mjs';

await fetch(await browseToCallback(process.argv.at(-1)));
