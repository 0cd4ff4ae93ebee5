// Goes before the peer's own code: it tells what it has cost, is reached from this machine alone, and ends with its parent.
import { Server } from 'node:net';

// Called with the server as its `this` below.
// oxlint-disable-next-line typescript/unbound-method
const { listen } = Server.prototype;
Server.prototype.listen = function listenHere(first, ...rest) {
  if (typeof first === 'object' && first !== null) return listen.call(this, { ...first, host: '127.0.0.1' }, ...rest);
  return listen.call(this, { port: first, host: '127.0.0.1' }, ...rest.filter((one) => typeof one === 'function'));
};
process.on('message', () => process.send?.(process.cpuUsage()));
process.once('disconnect', () => process.exit());
