// Addresses that the guard rejects. 127.0.0.2 stands for the public internet, 127.0.0.1 for the internal network.
import { once } from 'node:events';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

import { createEgress } from '#shared/egress/egress.ts';

import { createCertificate } from './certificate.ts';

const INSIDE = '127.0.0.1';
const OUTSIDE = '127.0.0.2';
const HOST = 'public.example';

let inside: Server;
let outside: TlsServer;
let port: number;
const seen = { inside: 0, handshakes: 0, requests: [] as string[] };

beforeAll(async () => {
  const { cert, key } = createCertificate([HOST, 'other.example']);
  setDefaultCACertificates([...getCACertificates('default'), cert]);
  outside = createTlsServer({ cert, key }, (request, response) => {
    seen.requests.push(request.url ?? '');
    response.end('outside');
  });
  outside.on('secureConnection', () => {
    seen.handshakes += 1;
  });
  outside.listen(0, OUTSIDE);
  await once(outside, 'listening');
  ({ port } = outside.address() as AddressInfo);
  inside = createTcpServer((socket) => {
    seen.inside += 1;
    socket.destroy();
  });
  inside.listen(port, INSIDE);
  await once(inside, 'listening');
});

afterAll(() => {
  inside.close();
  outside.close();
  outside.closeAllConnections();
});

beforeEach(() => {
  Object.assign(seen, { inside: 0, handshakes: 0, requests: [] });
});

const answers = (...addresses: string[]) => addresses.map((address) => ({ address, family: 4 }));
const isOutside = (address: string) => address === OUTSIDE;

const leadsInside = async () => answers(INSIDE);

type Ports = Partial<Parameters<typeof createEgress>[0]>;

function given(ports: Ports = {}) {
  const egress = createEgress({
    trustedOrigins: [],
    lookup: async () => answers(OUTSIDE),
    isPublic: isOutside,
    ...ports,
  });
  const headers = { 'x-api-key': 'canary' };
  const get = (url: string) =>
    egress.send({ url, method: 'GET', headers, deadlineMs: 5000 }, { ports: [443, port] }).then(
      ({ status }) => String(status),
      (error: { code: string }) => error.code,
    );
  return { egress, get, url: `https://${HOST}:${port}/` };
}

const LITERALS = [
  '127.0.0.1',
  '127.1',
  '127.0.1',
  '0x7f.1',
  '0x7f000001',
  '0177.0.0.1',
  '017700000001',
  '2130706433',
  '127.255.255.254',
  '0.0.0.0',
  '0',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.1.1',
  '100.64.0.1',
  '169.254.169.254',
  '169.254.170.2',
  '169.254.100.1',
  '0xa9fea9fe',
  '2852039166',
  '0251.0376.0251.0376',
  '224.0.0.1',
  '255.255.255.255',
  '8.8.8.8',
  '[::1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::127.0.0.1]',
  '[::a9fe:a9fe]',
  '[fe80::1]',
  '[fc00::1]',
  '[fd00:ec2::254]',
  '[64:ff9b::7f00:1]',
  '[2002:7f00:1::]',
  '[2606:4700::1]',
  '１２７.０.０.１',
  '①②⑦.⓪.⓪.①',
  '127。0。0。1',
  '%31%32%37.0.0.1',
];
const NAMES = [
  'localhost',
  'LOCALHOST',
  'localhost.',
  'api.localhost',
  'localhost.localdomain',
  'router.local',
  'printer.home.arpa',
  'metadata.google.internal',
  'ip-10-0-0-1.eu-central-1.compute.internal',
  'kms.eu-central-1.amazonaws.com',
  'dynamodb.eu-central-1.amazonaws.com',
  's3.amazonaws.com',
  'abc123.execute-api.eu-central-1.amazonaws.com',
  'sts.cn-north-1.amazonaws.com.cn',
  'kms.eu-central-1.api.aws',
  'KMS.eu-central-1.API.aws',
  'api.aws',
  'abc123.lambda-url.eu-central-1.on.aws',
  'svc-1.7d67968.vpc-lattice-svcs.eu-central-1.on.aws',
  'anything.new.aws',
  'tool.aws.dev',
  'signin.amazonaws-us-gov.com',
  'kms.eusc-de-east-1.amazonaws.eu',
  'kms.eusc-de-east-1.api.amazonwebservices.eu',
  'kms.cn-north-1.api.amazonwebservices.com.cn',
  'abc123.lambda-url.cn-north-1.on.amazonwebservices.com.cn',
  'kms.us-iso-east-1.c2s.ic.gov',
  'kms.us-iso-east-1.api.aws.ic.gov',
  'gateway.portunus.example',
  'a.gateway.portunus.example',
  'GATEWAY.portunus.example',
  'public.example.',
  'public..example',
  '.public.example',
  'public',
  'public.123',
  '-public.example',
  'public-.example',
  'pub_lic.example',
  `${'a'.repeat(64)}.example`,
  `${'a.'.repeat(130)}example`,
  'public.example%00.evil.example',
  'public example',
  'xn--.example',
];
const SHAPES = [
  '',
  'public.example',
  '//public.example/',
  '/relative',
  'http://public.example/',
  'HTTP://public.example/',
  'ftp://public.example/',
  'file:///etc/passwd',
  'gopher://public.example/',
  'data:text/plain,x',
  'javascript:alert(1)',
  'blob:https://public.example/x',
  'ws://public.example/',
  'wss://public.example/',
  'https:',
  'https://',
  'https:///',
  'https://user@public.example/',
  'https://user:password@public.example/',
  'https://:password@public.example/',
  'https://public.example@127.0.0.1/',
  'https://127.0.0.1#@public.example/',
  'https://127.0.0.1\\@public.example/',
  'https:\\\\public.example\\',
  'https://public.example/#fragment',
  'https://public.example/#',
  'https://public.example:0/',
  'https://public.example:80/',
  'https://public.example:22/',
  'https://public.example:6379/',
  'https://public.example:9001/',
  'https://public.example:65536/',
  'https://public.example:-1/',
  'https://public.example:443.1/',
  'https://public.example/a b',
  'https://public.example/a\r\nHost: evil.example',
  'https://pub\nlic.example/',
  'https://public.example/\0',
  ' https://public.example/',
  'https://public.example/ ',
  `https://public.example/${'a'.repeat(9000)}`,
];
const HOSTILE = [
  ...[...LITERALS, ...NAMES].flatMap((host) => [`https://${host}/`, `https://${host}:PORT/`]),
  ...SHAPES,
];

it('knows more than a hundred hostile addresses', () => {
  expect(new Set(HOSTILE).size).toBeGreaterThan(100);
});

it.each(HOSTILE)('rejects "%s" without a connection', async (template) => {
  const { get } = given({
    lookup: leadsInside,
    isPublic: () => true,
    ownHosts: ['gateway.portunus.example'],
  });
  expect(await get(template.replace('PORT', String(port)))).toBe('egress_refused');
  expect(seen.inside + seen.handshakes).toBe(0);
});

it.each([
  '127.0.0.1',
  '10.1.2.3',
  '169.254.169.254',
  '169.254.100.1',
  '::1',
  '::ffff:127.0.0.1',
  'fd00:ec2::254',
])('rejects a public name that leads to %s', async (address) => {
  const lookup = async () => [{ address, family: address.includes(':') ? 6 : 4 }];
  const egress = createEgress({ trustedOrigins: [], lookup });
  const request = { url: `https://${HOST}:${port}/`, method: 'GET', headers: {}, deadlineMs: 5000 };
  await expect(egress.send(request, { ports: [port] })).rejects.toMatchObject({ code: 'egress_refused' });
  expect(seen.inside).toBe(0);
});

it('reaches what is public', async () => {
  const { get, url } = given();
  expect(await get(`${url}path?query`)).toBe('200');
  expect(seen.requests).toEqual(['/path?query']);
});

it('rejects a name when only one of its addresses is inside, in any order', async () => {
  for (const mixed of [
    answers(OUTSIDE, INSIDE),
    answers(INSIDE, OUTSIDE),
    answers(OUTSIDE, OUTSIDE, INSIDE),
    [],
  ]) {
    const { get, url } = given({ lookup: async () => mixed });
    expect(await get(url)).toBe('egress_refused');
  }
  expect(seen).toEqual({ inside: 0, handshakes: 0, requests: [] });
});

it('never follows a name that changes its address between 40 calls', async () => {
  let call = 0;
  const lookup = async () => answers((call += 1) % 2 ? OUTSIDE : INSIDE);
  for (let attempt = 0; attempt < 40; attempt += 1) {
    const { get, url } = given({ lookup }); // a new one each time, so that none lives on an open connection
    expect(await get(url)).toBe(attempt % 2 ? 'egress_refused' : '200');
  }
  expect(seen.inside).toBe(0);
  expect(seen.requests).toHaveLength(20);
});

it('resolves once per connection, so that the checked address is the used one', async () => {
  let asked = 0;
  const lookup = async () => answers((asked += 1) === 1 ? OUTSIDE : INSIDE);
  const { get, url } = given({ lookup });
  expect(await get(url)).toBe('200');
  expect(asked).toBe(1);
});

it('disconnects before the TLS handshake from an address that is not public', async () => {
  let judged = 0;
  const { get, url } = given({ isPublic: () => (judged += 1) === 1 });
  expect(await get(url)).toBe('egress_refused');
  expect(judged).toBe(2);
  expect(seen).toMatchObject({ handshakes: 0, requests: [] });
});

it('rejects a host whose certificate names another', async () => {
  const { get } = given();
  expect(await get(`https://third.example:${port}/`)).toBe('upstream_unreachable');
  expect(seen.requests).toEqual([]);
});

it('exempts exactly the trusted origins of the stage', async () => {
  const { get } = given({ trustedOrigins: [`http://${INSIDE}:${port}`] });
  expect(await get(`http://${INSIDE}:${port}/`)).toBe('upstream_unreachable'); // it was called, and hung up
  expect(seen.inside).toBe(1);
  for (const near of [
    `https://${INSIDE}:${port}/`,
    `http://${INSIDE}/`,
    `http://localhost:${port}/`,
    `http://user@${INSIDE}:${port}/`,
    `http://${INSIDE}:${port}/#x`,
  ]) {
    expect([near, await get(near)]).toEqual([near, 'egress_refused']);
  }
  expect(seen.inside).toBe(1);
});

it.each([
  '',
  'https://a.example/path',
  'https://user@a.example',
  'ftp://a.example',
  'a.example',
  '*',
  'data:x',
])('does not start with "%s" as a trusted origin', (origin) =>
  expect(() => createEgress({ trustedOrigins: [origin] })).toThrow(TypeError),
);

it.each([
  'Host',
  'content-length',
  'Transfer-Encoding',
  'connection',
  'upgrade',
  'x-api-key\r\nHost',
  'a b',
  'x\0',
])('lets no caller set the header "%s"', async (name) => {
  const { egress, url } = given();
  const request = { url, method: 'GET', headers: { [name]: 'evil.example' }, deadlineMs: 5000 };
  await expect(egress.send(request, { ports: [port] })).rejects.toMatchObject({ code: 'egress_refused' });
  expect(seen.requests).toEqual([]);
});

it('lets no header value start a second request', async () => {
  const { egress, url } = given();
  const request = { url, method: 'GET', headers: { a: 'b\r\n\r\nGET /second' }, deadlineMs: 5000 };
  await expect(egress.send(request, { ports: [port] })).rejects.toMatchObject({ code: 'egress_refused' });
  expect(seen.requests).toEqual([]);
});

it.each(['CONNECT', 'TRACE', 'get', 'GET /x HTTP/1.1', ''])('knows no method "%s"', async (method) => {
  const { egress, url } = given();
  const request = { url, method, headers: {}, deadlineMs: 5000 };
  await expect(egress.send(request, { ports: [port] })).rejects.toMatchObject({ code: 'egress_refused' });
});
