// Replaces the native add-on `rapid-client.node` of AWS's runtime client, which takes minutes to compile.
// Preloaded with --require; the same file is what the client then receives as the add-on: next, done, error.
// CommonJS and not TypeScript: it is on the cold path of every instance, and stripping types costs 20 ms.
'use strict';

const http = require('node:http');
const { flushCompileCache, registerHooks } = require('node:module');
const { pathToFileURL } = require('node:url');

const hooks = registerHooks({
  resolve(specifier, context, nextResolve) {
    if (!specifier.endsWith('/rapid-client.node')) return nextResolve(specifier, context);
    hooks.deregister(); // the function's own imports run without it
    return { url: pathToFileURL(__filename).href, format: 'commonjs', shortCircuit: true };
  },
});

const [hostname, port] = (process.env.AWS_LAMBDA_RUNTIME_API ?? '').split(':');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

// No time limit: the wait between two invocations may take hours. A host that dies closes the socket.
function call(method, path, { body, headers = {} } = {}) {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const request = http.request(
      {
        hostname,
        port,
        agent,
        method,
        path: `/2018-06-01/runtime/invocation/${path}`,
        headers: { ...headers, ...length },
      },
      (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          resolve({ bodyJson: Buffer.concat(chunks).toString('utf8'), headers: response.headers });
        });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

// The add-on posts synchronously; here the next poll waits for the answer that is still on its way.
let posting = Promise.resolve();

// Node writes its compile cache at exit, but instances are killed: write after the start and again after the first event.
let polls = 0;

module.exports = {
  initializeClient() {},
  async next() {
    await posting;
    if (process.env.NODE_COMPILE_CACHE && polls < 2) flushCompileCache();
    polls += 1;
    return call('GET', 'next');
  },
  done(requestId, body) {
    posting = call('POST', `${requestId}/response`, { body, headers: { 'content-type': 'application/json' } });
  },
  error(requestId, body) {
    posting = call('POST', `${requestId}/error`, { body, headers: { 'content-type': 'application/json' } });
  },
};
