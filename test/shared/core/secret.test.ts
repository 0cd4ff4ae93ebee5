import { format, inspect } from 'node:util';
import { expect, it } from 'vitest';

import { Secret } from '#shared/core/secret.ts';

const CANARY = 'canary-7f3a-secret';
const secret = new Secret(CANARY);

it.each<[string, () => unknown]>([
  ['as a string', () => String(secret)],
  ['added to a text', () => `text ${secret.toString()}`],
  ['joined', () => [secret].join()],
  ['as JSON', () => JSON.stringify({ nested: [secret] })],
  ['by inspect', () => inspect({ nested: [secret] }, { depth: 9, showHidden: true })],
  ['by the console', () => format('%s %o %O %j', secret, secret, secret, secret)],
  ['by its fields', () => JSON.stringify([Object.entries(secret), Object.getOwnPropertyNames(secret)])],
  ['copied', () => JSON.stringify(Object.assign({}, secret))],
  ['in an error', () => new Error(`bad ${secret.toString()}`, { cause: secret }).stack],
])('a secret is not shown %s', (_way, show) => {
  expect(String(show())).not.toContain('canary');
});

it('a secret is shown by reveal alone', () => {
  expect(secret.reveal()).toBe(CANARY);
});
