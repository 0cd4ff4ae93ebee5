import { randomUUID } from 'node:crypto';
import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

import { CATALOG } from '#shared/providers/catalog.ts';
import { createFindCandidates } from '#shared/exposure/candidates.ts';
import { readingsOf } from '#shared/exposure/readings.ts';

const prefixes = CATALOG.flatMap(({ keyPrefix }) => keyPrefix ?? []).concat(/^sk-/, /^ptn_/);
const find = createFindCandidates(prefixes);
const all = (text: string) => {
  const { shaped, others } = find(text);
  return [...shaped, ...others];
};

const KEYS = {
  openai: 'sk-proj-4fK9aQ2mZ7xT1bC8vN3pL6wR5yH0jD-gS_eU',
  anthropic: 'sk-ant-api03-Zq8Lm2Xc7Vb1Nn4Kk9Jj6Hh3Gg0Ff-AA',
  google: 'AIzaSyD4fK9aQ2mZ7xT1bC8vN3pL6wR5yH0jDgS',
  mistral: 'q8Lm2Xc7Vb1Nn4Kk9Jj6Hh3Gg0FfAa5s',
  bedrock: `ABSK${Buffer.from('BedrockAPIKey-abc:1234567890abcdefghij').toString('base64')}`,
  compatible: 'srv_9a8b7c6d5e4f3g2h1i0j',
};

const unicode = (text: string) =>
  Array.from(text, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
const percent = (text: string) => Array.from(text, (char) => `%${char.charCodeAt(0).toString(16)}`).join('');

const ENCODINGS: Readonly<Record<string, (key: string) => string>> = {
  plain: (key) => key,
  'in a header': (key) => `authorization: Bearer ${key}`,
  'in a query': (key) => `GET /v1?api_key=${key}&x=1`,
  'in JSON': (key) => JSON.stringify({ message: JSON.stringify({ api_key: key }) }),
  'at the end of a sentence': (key) => `The key is ${key}.`,
  percent,
  'percent twice': (key) => encodeURIComponent(percent(key)),
  '\\u': unicode,
  HTML: (key) => Array.from(key, (char) => `&#${char.charCodeAt(0)};`).join(''),
  base64: (key) => Buffer.from(key).toString('base64'),
  'base64 of a header, at other alignments': (key) => Buffer.from(`ab key=${key} z`).toString('base64'),
  base64url: (key) => Buffer.from(`{"k":"${key}"}`).toString('base64url'),
  'base64 twice': (key) => Buffer.from(Buffer.from(` ${key} `).toString('base64')).toString('base64'),
  hex: (key) => Buffer.from(key).toString('hex'),
  'gzip in base64': (key) => gzipSync(`{"api_key":"${key}"}`).toString('base64'),
  'deflate in base64': (key) => deflateSync(`{"api_key":"${key}"}`).toString('base64'),
};

describe('candidates in a line of a log', () => {
  it.each(Object.entries(ENCODINGS))('include a key of every provider, %s', (_name, encode) => {
    for (const [provider, key] of Object.entries(KEYS)) {
      expect([provider, all(`2026-11-28 INFO ${encode(key)}`).includes(key)]).toEqual([provider, true]);
    }
  });

  it('name those with the prefix of a provider first', () => {
    const { shaped } = find(`${KEYS.mistral} ${KEYS.openai}`);
    expect(shaped).toEqual([KEYS.openai]);
  });

  it('are no ids that this service and AWS write', () => {
    const line = JSON.stringify({
      requestId: randomUUID(),
      eventId: '01K3ZQ8V7W0XTB5M2N4P6R8S9T',
      key: 'openai_AbCdEfGhIjKlMnOpQrSt12',
      trace: '1-6748e1d2-a1b2c3d4e5f60718293a4b5c',
      function: 'portunus-local-tools-invoke',
      time: '2026-11-28T10:00:00.000Z',
      _aws: { CloudWatchMetrics: [{ Namespace: 'Portunus', Dimensions: [['Stage']] }] },
    });
    expect(all(line)).toEqual([]);
  });

  it('are found in bounded time and space in a hostile text', () => {
    const nested = Array.from({ length: 12 }).reduce<string>(
      (text) => Buffer.from(text).toString('base64'),
      `x ${KEYS.openai}`,
    );
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024, 'a1b2c3d4 ')).toString('base64');
    for (const text of [
      nested,
      bomb,
      '%25'.repeat(80_000),
      'A1b2'.repeat(60_000),
      '\\u0041'.repeat(40_000),
    ]) {
      const characters = [...readingsOf(text)].reduce((sum, one) => sum + one.length, 0);
      expect(characters).toBeLessThanOrEqual(text.length + 5 * 1024 * 1024);
    }
  });
});
