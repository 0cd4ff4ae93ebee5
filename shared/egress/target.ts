// Rules for the URL of a request. The resolved address is checked by the connector.
import { isIP } from 'node:net';

import { egressRejected } from './egress-rejection.ts';

export type Target = {
  readonly url: URL;
  /** Host name, without the brackets of an IPv6 address. */
  readonly host: string;
  /** Origin that the stage's owner listed: exempt from the rules on scheme, port, host and address. */
  readonly trusted: boolean;
};

export type TargetRules = {
  readonly trustedOrigins: ReadonlySet<string>;
  /** Origin of this gateway: it cannot be listed as trusted. */
  readonly ownOrigin?: string | undefined;
  /** Host names of this gateway, which must not call itself. */
  readonly ownHosts: readonly string[];
  readonly ports: readonly number[];
  /** Whether the request carries a key of Amazon Bedrock, which may go to its runtime in one Region. */
  readonly bedrock?: boolean | undefined;
};

const MAX_LENGTH = 8192;
const HTTPS_PORT = 443;
const HOST = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$/;
const MAX_HOST_LENGTH = 253;
/** Names that resolve to internal services inside a network. */
const INTERNAL_DOMAINS = ['localhost', 'localdomain', 'local', 'internal', 'home.arpa'];
/**
 * Zones in which AWS serves its own APIs: the `dnsSuffix` and `dualStackDnsSuffix` of every partition in the SDK, the
 * consoles' zones, and the closed top-level domain `aws` (`api.aws`, `on.aws`). Inside a VPC these names lead to endpoints
 * that trust the network, and function URLs and Lattice services may trust this account. Zones in which customers publish
 * ordinary sites (`cloudfront.net`, `awsapprunner.com`, `amplifyapp.com`) stay reachable. An operator allows one origin by name.
 */
const AWS = [
  'amazonaws.com',
  'amazonaws.com.cn',
  'amazonaws.cn',
  'amazonaws.eu',
  'amazonaws-eusc.eu',
  'amazonaws-us-gov.com',
  'amazonwebservices.com.cn',
  'amazonwebservices.eu',
  'aws',
  'aws.dev',
  'c2s.ic.gov',
  'aws.ic.gov',
  'sc2s.sgov.gov',
  'aws.scloud',
  'csp.hci.ic.gov',
  'aws.hci.ic.gov',
  'cloud.adc-e.uk',
  'cloud-aws.adc-e.uk',
];

/** The only names in those zones that a provider's key may go to. */
const BEDROCK_RUNTIME = /^bedrock-runtime\.[a-z]{2,3}(?:-[a-z]+){1,3}-\d\.amazonaws\.com$/;

const within = (host: string, domain: string) => host === domain || host.endsWith(`.${domain}`);

function parse(text: string): URL {
  // Rejects characters that the URL parser silently drops or converts, such as line breaks and backslashes, because the
  // intended target is then ambiguous.
  if (text.length > MAX_LENGTH || /[\s\\#\p{Cc}]/u.test(text)) throw egressRejected('url');
  const url = URL.parse(text);
  if (!url || url.username !== '' || url.password !== '') throw egressRejected('url');
  return url;
}

function checkHost(host: string, { ownHosts, bedrock }: Pick<TargetRules, 'ownHosts' | 'bedrock'>): void {
  const denied = bedrock && BEDROCK_RUNTIME.test(host) ? INTERNAL_DOMAINS : [...INTERNAL_DOMAINS, ...AWS];
  const name = host.length <= MAX_HOST_LENGTH && isIP(host) === 0 && HOST.test(host);
  if (!name || [...denied, ...ownHosts].some((domain) => within(host, domain))) throw egressRejected('host');
}

/** @throws {AppError} `egress_refused` */
export function parseTarget(text: string, rules: TargetRules): Target {
  const { trustedOrigins, ownOrigin, ports } = rules;
  const url = parse(text);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (url.origin === ownOrigin) throw egressRejected('host');
  if (trustedOrigins.has(url.origin)) return { url, host, trusted: true };
  if (url.protocol !== 'https:') throw egressRejected('scheme');
  if (!ports.includes(url.port === '' ? HTTPS_PORT : Number(url.port))) throw egressRejected('port');
  checkHost(host, rules);
  return { url, host, trusted: false };
}

/** @throws {TypeError} for anything but a bare http or https origin */
export function originsOf(texts: readonly string[]): ReadonlySet<string> {
  for (const text of texts) {
    const url = URL.parse(text);
    const bare = url && [url.origin, url.href].includes(text) && /^https?:$/.test(url.protocol);
    if (!bare || url.origin !== text.replace(/\/$/, ''))
      throw new TypeError('A trusted origin is a bare origin.');
  }
  return new Set(texts.map((text) => new URL(text).origin));
}
