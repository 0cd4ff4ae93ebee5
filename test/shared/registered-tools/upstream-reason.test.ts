// T8: the upstream's own reason reaches the caller, bounded, without the key and marked.
import { describe, expect, it } from 'vitest';

import { AppError } from '#shared/core/errors.ts';
import { createSecretMask } from '#shared/core/mask-secret.ts';
import { Secret } from '#shared/core/secret.ts';
import { assertSuccess } from '#shared/registered-tools/answer.ts';
import { reasonIn } from '#shared/registered-tools/upstream-reason.ts';

const KEY = 'sk-upstream-7f3a9c1e5b';
const mask = createSecretMask(new Secret(KEY));
const JSON_TYPE = { 'content-type': 'application/json' };
const said = (body: unknown, headers: Record<string, string> = JSON_TYPE) =>
  reasonIn({ body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), headers }, mask)
    .upstream_message;

describe('the reason in an answer', () => {
  it.each<[unknown, string]>([
    [{ message: 'date must be after 2026' }, 'date must be after 2026'],
    [{ error: { message: 'no such city', code: 7 } }, 'no such city'],
    [{ error: 'invalid_grant', error_description: 'expired' }, 'expired'],
    [{ title: 'Bad', detail: 'the field days is too large' }, 'the field days is too large'],
    [{ message: 'Invalid', errors: [{ field: 'days' }] }, 'Invalid [{"field":"days"}]'],
    [{ detail: [{ loc: ['days'], msg: 'too large' }] }, '[{"loc":["days"],"msg":"too large"}]'],
    [{ code: 7 }, '{"code":7}'],
    [['a', 'b'], '["a","b"]'],
    ['days: too large\r\n\u001b[31mred\u202e', 'days: too large [31mred'],
  ])('%j is found', (body, reason) => {
    expect(said(body)).toBe(reason);
  });

  it.each<[string, unknown, Record<string, string>]>([
    ['an empty body', '', JSON_TYPE],
    ['an empty object', {}, JSON_TYPE],
    ['a page', '<html><h1>Not found</h1></html>', { 'content-type': 'text/html' }],
    ['a body without an end', 'x'.repeat(100_000), {}],
  ])('is nothing where the answer is %s', (_name, body, headers) => {
    expect(said(body, headers)).toBeUndefined();
  });

  it('is cut at 500 characters', () => {
    expect(said({ message: 'x'.repeat(10_000) })).toBe(`${'x'.repeat(500)}…`);
  });

  it.each<[string, unknown]>([
    ['a message', { message: `bad key ${KEY}` }],
    ['escapes', `{"message": "\\u0073${KEY.slice(1)} is wrong"}`],
    ['plain text', `your key ${KEY} is wrong`],
    ['base64', { message: Buffer.from(KEY).toString('base64') }],
    ['the place where it is cut', { message: `${'x'.repeat(495)}${KEY}` }],
  ])('does not contain the key in %s', (_name, body) => {
    const text = said(body) ?? '';
    expect(text).not.toBe('');
    for (const part of [KEY.slice(0, 8), KEY.slice(-8), Buffer.from(KEY).toString('base64').slice(0, 12)])
      expect(text).not.toContain(part);
  });
});

const failureOf = (status: number) => {
  try {
    assertSuccess({ status, headers: {} }, { alias: 'shop', reason: { upstream_message: 'because' } });
  } catch (error) {
    if (error instanceof AppError) return error;
  }
  throw new Error('not rejected');
};

describe('a status of the upstream', () => {
  it.each([400, 404, 405, 409, 410, 415, 422, 451])('%i is a definite answer with its reason', (status) => {
    const { code, status: own, details } = failureOf(status);
    expect([code, own, details['upstream_status'], details['upstream_message']]).toEqual([
      'upstream_refused',
      400,
      status,
      'because',
    ]);
    expect(details.next_step).not.toMatch(/again later|try again/i);
  });

  it.each([
    [401, 'key_rejected', 'because'],
    [403, 'upstream_forbidden', 'because'],
    [408, 'upstream_failed', undefined],
    [425, 'upstream_failed', undefined],
    [429, 'rate_limited', undefined],
    [500, 'upstream_failed', undefined],
    [503, 'upstream_failed', undefined],
    [508, 'loop', undefined],
  ])('%i is %s', (status, code, reason) => {
    const failure = failureOf(status);
    expect([failure.code, failure.details['upstream_message']]).toEqual([code, reason]);
  });
});
