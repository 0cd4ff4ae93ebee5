import fc from 'fast-check';
import { expect, it } from 'vitest';

import { isPublicAddress } from '#shared/egress/address.ts';

const number = (v4: string) => v4.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
const text = (value: number) => [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');

const PRIVATE_V4 = [
  ['0.0.0.0', '0.255.255.255'],
  ['10.0.0.0', '10.255.255.255'],
  ['100.64.0.0', '100.127.255.255'],
  ['127.0.0.0', '127.255.255.255'],
  ['169.254.0.0', '169.254.255.255'],
  ['172.16.0.0', '172.31.255.255'],
  ['192.0.0.0', '192.0.0.255'],
  ['192.0.2.0', '192.0.2.255'],
  ['192.31.196.0', '192.31.196.255'],
  ['192.52.193.0', '192.52.193.255'],
  ['192.88.99.0', '192.88.99.255'],
  ['192.168.0.0', '192.168.255.255'],
  ['192.175.48.0', '192.175.48.255'],
  ['198.18.0.0', '198.19.255.255'],
  ['198.51.100.0', '198.51.100.255'],
  ['203.0.113.0', '203.0.113.255'],
  ['224.0.0.0', '255.255.255.255'],
].map(([first = '', last = '']) => ({ first: number(first), last: number(last) }));

const isPrivate = (value: number) => PRIVATE_V4.some(({ first, last }) => value >= first && value <= last);

it('draws the line of each IPv4 range at its first and last address', () => {
  for (const { first, last } of PRIVATE_V4) {
    expect([text(first), isPublicAddress(text(first))]).toEqual([text(first), false]);
    expect([text(last), isPublicAddress(text(last))]).toEqual([text(last), false]);
    for (const outside of [first - 1, last + 1].filter((value) => value >= 0 && value < 2 ** 32)) {
      expect([text(outside), isPublicAddress(text(outside))]).toEqual([text(outside), !isPrivate(outside)]);
    }
  }
});

it('agrees with the plain arithmetic on any IPv4 address', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (value) => {
      expect(isPublicAddress(text(value))).toBe(!isPrivate(value));
    }),
    { numRuns: 5000 },
  );
});

it('treats every IPv4-mapped IPv6 address as private', () => {
  fc.assert(
    fc.property(fc.ipV4(), (v4) => {
      const hex = number(v4).toString(16).padStart(8, '0').replace(/^.{4}/, '$&:');
      for (const prefix of ['::', '::ffff:', '64:ff9b::', '2002:']) {
        const address = prefix === '2002:' ? `2002:${hex}::1` : `${prefix}${hex}`;
        expect([address, isPublicAddress(address)]).toEqual([address, false]);
      }
      expect(isPublicAddress(`::ffff:${v4}`)).toBe(false);
    }),
  );
});

it.each([
  '8.8.8.8',
  '1.1.1.1',
  '104.18.7.192',
  '2606:4700::6812:7c0',
  '2a00:1450:4001:82f::200e',
  '2001:4860:4860::8888',
])('%s is public', (address) => expect(isPublicAddress(address)).toBe(true));

it.each([
  '::',
  '::1',
  '::a9fe:a9fe',
  'fe80::1',
  'fe80::1%eth0',
  '2606:4700::1%eth0',
  'fc00::1',
  'fd00:ec2::254',
  'fec0::1',
  'ff02::1',
  '100::1',
  '2001::1',
  '2001:0:4136:e378:8000:63bf:3fff:fdd2',
  '2001:20::1',
  '2001:db8::1',
  '3fff::1',
  '4000::1',
  '5f00::1',
  '64:ff9b:1::1',
  '',
  'localhost',
  '127.1',
  '0x7f.0.0.1',
  '0177.0.0.1',
  '2130706433',
  ' 8.8.8.8',
  '8.8.8.8 ',
  '8.8.8',
  '8.8.8.8.8',
  '[2606:4700::1]',
])('"%s" is not', (address) => expect(isPublicAddress(address)).toBe(false));
