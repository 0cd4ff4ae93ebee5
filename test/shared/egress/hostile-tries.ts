// Tries to be led inside: any way to write a host, any answer of the resolver, any redirect, any packing of an answer.
// 127.0.0.2 plays the public internet, 127.0.0.1 the inside, on the same port.
import { once } from 'node:events';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { gzipSync } from 'node:zlib';

import { createEgress } from '#shared/egress/egress.ts';

import { createCertificate } from './certificate.ts';

const INSIDE = '127.0.0.1';
const OUTSIDE = '127.0.0.2';
const HOST = 'public.example';
const KEY = 'canary-of-a-key';

export type Tries = {
  readonly tries: number;
  /** Connections to the inside. */
  readonly inside: number;
  /** Requests that the outside saw: that there are some shows that the tries are real. */
  readonly outside: number;
  /** Requests that carried the key to where a redirect pointed. */
  readonly redirected: number;
  readonly codes: Readonly<Record<string, number>>;
};

/** Numbers that are the same on every run. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

const HOSTS: readonly ((roll: (sides: number) => number) => string)[] = [
  () => HOST,
  (roll) => `a${roll(1e6)}.${HOST}`,
  () => INSIDE,
  (roll) => `127.${roll(256)}.${roll(256)}.${1 + roll(254)}`,
  (roll) => `0x7f${roll(2) === 0 ? '.1' : '000001'}`,
  () => '2130706433',
  (roll) => `0177.${roll(8)}.0.1`,
  (roll) => `10.${roll(256)}.${roll(256)}.${roll(256)}`,
  (roll) => `169.254.${roll(256)}.${roll(256)}`,
  (roll) => `[::ffff:7f00:${roll(0xffff).toString(16)}]`,
  (roll) => `[fd00:ec2::${roll(0xffff).toString(16)}]`,
  (roll) => `[64:ff9b::${roll(0xffff).toString(16)}:1]`,
  () => '[::1]',
  () => 'localhost',
  (roll) => `db${roll(99)}.internal`,
  (roll) => `kms.eu-${roll(9)}.amazonaws.com`,
  () => `${HOST}.`,
  () => `user:${KEY}@${HOST}`,
  () => `${HOST}%00.evil.example`,
  () => '１２７.０.０.１',
];

/** Successive answers of the resolver: DNS rebinding gives another one the second time. */
const ANSWERS: readonly (readonly (readonly string[])[])[] = [
  [[OUTSIDE]],
  [[INSIDE]],
  [[OUTSIDE], [INSIDE]],
  [[INSIDE], [OUTSIDE]],
  [[OUTSIDE, INSIDE]],
  [[INSIDE, OUTSIDE]],
  [['::ffff:127.0.0.1']],
  [['169.254.169.254', OUTSIDE]],
  [[]],
];

const REDIRECTS = [0, 0, 301, 302, 303, 307, 308];
const PACKINGS = ['identity', 'gzip', 'bomb', 'lie', 'unknown'];

export async function hostileTries(count: number, seed: number): Promise<Tries> {
  const { cert, key } = createCertificate([HOST, `*.${HOST}`]);
  setDefaultCACertificates([...getCACertificates('default'), cert]);
  const seen = { inside: 0, outside: 0, redirected: 0 };
  const inner = createTcpServer((socket) => {
    seen.inside += 1;
    socket.destroy();
  });
  const outer = createTlsServer({ cert, key }, (request, response) => {
    seen.outside += 1;
    const [status, packing, at] = JSON.parse(String(request.headers['x-how'])) as [number, string, string];
    if (request.url === '/caught') seen.redirected += 1;
    if (status > 0) return response.writeHead(status, { location: at }).end();
    const body = packing === 'bomb' ? gzipSync(Buffer.alloc(20_000_000)) : gzipSync('hello');
    const encoding = { identity: 'identity', unknown: 'compress' }[packing] ?? 'gzip';
    return response
      .writeHead(200, { 'content-encoding': encoding })
      .end(packing === 'lie' ? 'no gzip' : body);
  });
  outer.listen(0, OUTSIDE);
  await once(outer, 'listening');
  const { port } = outer.address() as AddressInfo;
  inner.listen(port, INSIDE);
  await once(inner, 'listening');

  const roll = dice(seed);
  const pick = <T>(from: readonly T[]): T => from[roll(from.length)] as T;
  const codes: Record<string, number> = {};
  const tryOnce = async () => {
    const answers = pick(ANSWERS);
    let asked = 0;
    const lookup = async () => {
      const given = answers[Math.min(asked, answers.length - 1)] ?? [];
      asked += 1;
      return given.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    };
    const egress = createEgress({ trustedOrigins: [], lookup, isPublic: (address) => address === OUTSIDE });
    const target = pick([
      `https://${INSIDE}:${port}/caught`,
      `https://${HOST}:${port}/caught`,
      `//${INSIDE}/`,
      '/caught',
    ]);
    const how = [pick(REDIRECTS), pick(PACKINGS), target];
    const scheme = roll(20) === 0 ? 'http' : 'https';
    const request = {
      url: `${scheme}://${pick(HOSTS)(roll)}:${port}/`,
      method: pick(['GET', 'POST']),
      headers: { 'x-api-key': KEY, 'x-how': JSON.stringify(how) },
      deadlineMs: 5000,
    };
    // Twice: what is kept from the first time must not open a door the second time.
    for (let time = 0; time < 2; time += 1) {
      const code = await egress.send(request, { ports: [443, port] }).then(
        ({ status }) => String(status),
        (error: { code?: string }) => error.code ?? 'no code',
      );
      codes[code] = (codes[code] ?? 0) + 1;
    }
  };
  try {
    for (let done = 0; done < count; done += 1) await tryOnce();
  } finally {
    inner.close();
    outer.close();
    outer.closeAllConnections();
  }
  return { tries: count, ...seen, codes };
}
