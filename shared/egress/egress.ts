// All outbound HTTP goes through `send` or `stream` of this module.
import type { IncomingMessage } from 'node:http';

import { isPublicAddress } from './address.ts';
import { piecesOf, readBody } from './body.ts';
import { createConnector, type Lookup, systemLookup } from './connector.ts';
import type { Guard } from './egress-port.ts';
import { createOpenExchange, DEFAULT_POLICY } from './exchange.ts';
import { originsOf, parseTarget } from './target.ts';

export type {
  Egress,
  EgressPolicy,
  EgressRequest,
  EgressResponse,
  EgressStream,
  Guard,
} from './egress-port.ts';

const flatHeaders = ({ headers }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, [value].flat().join(', ')]],
    ),
  );

/** Creates the egress guard. Each set of trusted origins, as for tools, has its own guard. */
export function createEgress(ports: {
  trustedOrigins: readonly string[];
  ownOrigin?: string;
  ownHosts?: readonly string[];
  lookup?: Lookup;
  isPublic?: (address: string) => boolean;
  now?: () => number;
}): Guard {
  const {
    ownOrigin,
    ownHosts = [],
    lookup = systemLookup,
    isPublic = isPublicAddress,
    now = Date.now,
  } = ports;
  const trustedOrigins = originsOf(ports.trustedOrigins);
  const connector = createConnector({ lookup, isPublic, now });
  const open = createOpenExchange({ trustedOrigins, ownOrigin, ownHosts, connector });

  return {
    check(url) {
      parseTarget(url, { trustedOrigins, ownOrigin, ownHosts, ports: DEFAULT_POLICY.ports });
    },

    async send(request, policy = {}) {
      const { answer, restartIdle, failed, served } = await open(request, policy, 'gzip, br');
      try {
        const { maxBytes } = { ...DEFAULT_POLICY, ...policy };
        const body = await readBody(answer, { maxBytes, restartIdle });
        served();
        return { status: answer.statusCode ?? 0, headers: flatHeaders(answer), body };
      } catch (error) {
        throw failed(error);
      }
    },

    async stream(request, policy = {}) {
      const { answer, restartIdle, failed, drop, served } = await open(request, policy, 'identity');
      answer.on('error', () => undefined); // while nobody reads: whoever does is told
      const { maxBytes } = { ...DEFAULT_POLICY, ...policy };
      async function* body() {
        let whole = false;
        try {
          yield* piecesOf(answer, { maxBytes, restartIdle });
          whole = true;
          served();
        } catch (error) {
          throw failed(error);
        } finally {
          if (!whole) drop(); // failed, or the reader stopped early
        }
      }
      return { status: answer.statusCode ?? 0, headers: flatHeaders(answer), body: body() };
    },
  };
}
