// Public internet addresses. Two independent checks, because each alone has gaps: ipaddr.js classifies ::a9fe:a9fe as
// unicast, and a list of ranges becomes outdated.
import ipaddr from 'ipaddr.js';
import { BlockList, isIP } from 'node:net';

const DENIED_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16', // instance metadata, and the runtime API of a Lambda
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
const GLOBAL_V6 = ['2000::/3'];
const DENIED_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

function createBlockList(family: 'ipv4' | 'ipv6', ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [net = '', bits] = range.split('/');
    list.addSubnet(net, Number(bits), family);
  }
  return list;
}

const deniedV4 = createBlockList('ipv4', DENIED_V4);
const globalV6 = createBlockList('ipv6', GLOBAL_V6);
const deniedV6 = createBlockList('ipv6', DENIED_V6);

function inPublicRange(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !deniedV4.check(address, 'ipv4');
    case 6:
      return globalV6.check(address, 'ipv6') && !deniedV6.check(address, 'ipv6');
    default:
      return false;
  }
}

/** True for an address in canonical notation that belongs to the public internet; false for any other text. */
export const isPublicAddress = (address: string): boolean =>
  !address.includes('%') && inPublicRange(address) && ipaddr.parse(address).range() === 'unicast';
