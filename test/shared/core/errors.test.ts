import { describe, expect, it } from 'vitest';

import {
  AppError,
  asAppError,
  ERRORS,
  framesOf,
  MalformedAnswer,
  recordedResult,
} from '#shared/core/errors.ts';

const CANARY = 'canary-7f3a-secret';

describe('an unexpected error', () => {
  it.each<[string, unknown, string]>([
    ['a bug', new TypeError(CANARY), 'internal'],
    ['a bug with a cause', new Error(CANARY, { cause: CANARY }), 'internal'],
    ['a text', CANARY, 'internal'],
    ['an object that looks like ours', { name: 'AppError', code: 'conflict', message: CANARY }, 'internal'],
    ['nothing', undefined, 'internal'],
    ['an outage of AWS', Object.assign(new Error(CANARY), { $metadata: {} }), 'unavailable'],
  ])('does not expose the message of %s', (_kind, thrown, code) => {
    const error = asAppError(thrown);
    expect(error).toMatchObject({ code, message: `${ERRORS[error.code][1]}.`, details: {} });
    expect(error.cause).toBeUndefined();
    expect(JSON.stringify([error, error.stack])).not.toContain('canary');
  });

  it('is distinguished from an AppError, which is unchanged', () => {
    const error = new AppError('conflict', 'Said by us.', { current: 1 });
    expect(asAppError(error)).toBe(error);
  });

  it('is recorded as failed, and as rejected only below 500', () => {
    expect(recordedResult(new AppError('internal'))).toBe('failed');
    expect(recordedResult(new AppError('upstream_failed'))).toBe('failed');
    expect(recordedResult(new AppError('rate_limited'))).toBe('refused');
  });
});

describe('the frames of an error', () => {
  it('name the source location', () => {
    const frames = framesOf(new Error('x'));
    expect(frames[0]).toMatch(/errors\.test\.ts:\d+:\d+\)?$/);
  });

  it.each([
    ['a word', CANARY],
    ['several lines', `first\n    at ${CANARY}\n${CANARY}`],
    ['lines that look like frames', `first\n    at ${CANARY} (file.ts:1:2)\n    at ${CANARY} (<anonymous>)`],
  ])('do not expose a message of %s', (_kind, message) => {
    const frames = framesOf(new Error(message));
    expect(frames.length).toBeGreaterThan(0);
    expect(frames.join('\n')).not.toContain('canary');
  });

  it('do not expose a message that was replaced later', () => {
    const error = new Error(`first\n    at ${CANARY} (file.ts:1:2)`);
    error.message = 'another';
    expect(framesOf(error).join('\n')).not.toContain('canary');
  });

  it.each([undefined, 'text', { stack: `    at ${CANARY} (file.ts:1:2)` }])('are none of %s', (thrown) => {
    expect(framesOf(thrown)).toEqual([]);
  });
});

describe('an unusable answer of an upstream', () => {
  it('keeps the shape of its first 120 characters, and no letter or digit of them', () => {
    const { sample, message } = new MalformedAnswer(`{"key": "sk-Ab9-ёж٣\n"}${'x'.repeat(200)}`);
    expect(sample).toBe(`{"aaa": "aa-aa0-aa0."}${'a'.repeat(98)}`);
    expect(message).not.toContain('sk-');
  });
});
