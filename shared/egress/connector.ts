// Outbound connections, kept alive. Except for trusted origins, every address is checked at the time of connection: an
// earlier check could apply to a different DNS response.
import { lookup as dnsLookup } from 'node:dns/promises';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import { callbackify } from 'node:util';

import { lazy } from '#shared/core/lazy.ts';

import { egressRejected } from './egress-rejection.ts';
import type { Target } from './target.ts';

/** Port. Resolves all addresses of a host name. */
export type Lookup = (host: string) => Promise<readonly { address: string; family: number }[]>;

export const systemLookup: Lookup = (host) => dnsLookup(host, { all: true });

export type Connector = {
  readonly agentFor: (target: Target) => HttpAgent;
  /** Marks the socket as reusable after a complete exchange. */
  readonly served: (socket: Socket | null) => void;
};

/** Shorter than the usual idle timeout of servers. */
const REUSE_MS = 4000;
const POOL = { keepAlive: true, maxFreeSockets: 32 };
const TLS = { minVersion: 'TLSv1.2', rejectUnauthorized: true } as const;

/** Resolver for net.connect: every resolved address must be public, not only the one that is used. */
function checkedLookup(lookup: Lookup, isPublic: (address: string) => boolean): LookupFunction {
  const resolve = callbackify(async (host: string) => {
    const found = await lookup(host);
    const [first] = found;
    if (!first || !found.every(({ address }) => isPublic(address))) throw egressRejected('address');
    return { first, found: [...found] };
  });
  return (host, { all }, callback) => {
    resolve(host, (error, answer) => {
      if (error) callback(error, '');
      else if (all) callback(null, answer.found);
      else callback(null, answer.first.address, answer.first.family);
    });
  };
}

function guardedAgent(lookup: Lookup, isPublic: (address: string) => boolean): HttpsAgent {
  const agent = new HttpsAgent({ ...POOL, ...TLS, lookup: checkedLookup(lookup, isPublic) });
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    // Checks IP literals, for which no lookup takes place.
    const { host = '' } = options as { host?: string };
    if (isIP(host) !== 0 && !isPublic(host)) {
      callback?.(egressRejected('address'), undefined as never);
      return undefined;
    }
    const socket = connect(options, callback) as Socket;
    // Runs before the TLS handshake, so before any request data is sent.
    socket.prependOnceListener('connect', () => {
      if (!isPublic(socket.remoteAddress ?? '')) socket.destroy(egressRejected('address'));
    });
    return socket;
  };
  return agent;
}

/** Closes idle connections: the Lambda may have been frozen, and the server may have closed them since. */
function dropIdle(agent: HttpAgent, isStale: (socket: Socket) => boolean): void {
  for (const sockets of Object.values(agent.freeSockets)) {
    for (const socket of sockets ?? []) if (isStale(socket)) socket.destroy();
  }
}

export function createConnector(ports: {
  lookup: Lookup;
  isPublic: (address: string) => boolean;
  now: () => number;
}): Connector {
  const { lookup, isPublic, now } = ports;
  const guarded = lazy(() => guardedAgent(lookup, isPublic));
  const trustedTls = lazy(() => new HttpsAgent({ ...POOL, ...TLS }));
  const trustedPlain = lazy(() => new HttpAgent(POOL));
  const servedAt = new WeakMap<Socket, number>();

  const choose = ({ trusted, url }: Target): HttpAgent => {
    if (!trusted) return guarded();
    return url.protocol === 'http:' ? trustedPlain() : trustedTls();
  };

  return {
    agentFor(target) {
      const agent = choose(target);
      dropIdle(agent, (socket) => {
        const idle = now() - (servedAt.get(socket) ?? 0);
        return idle < 0 || idle > REUSE_MS;
      });
      return agent;
    },
    served(socket) {
      if (socket) servedAt.set(socket, now());
    },
  };
}
