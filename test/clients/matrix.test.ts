import { describe, expect, it } from 'vitest';

import type { Client } from './catalogue.ts';
import { completed } from './client-process.ts';
import { isGood, type Outcome, page } from './matrix.ts';

const client: Client = {
  id: 'a-client',
  kind: 'models',
  group: 'a-group',
  module: 'a-module',
  title: '`a-module`',
  faults: { abort: 'It takes no signal.' },
};
const passed: Outcome = { outcome: 'passed' };
const complete = (outcomes: Record<string, Outcome>) =>
  completed(client, outcomes, { cases: ['chat', 'abort'], errors: '' });

describe('the outcomes of a client', () => {
  it('are good where a case fails by a listed fault of the client', () => {
    const outcomes = complete({ chat: passed, abort: { outcome: 'failed', reason: 'no' } });
    expect(outcomes).toEqual({ chat: passed, abort: { outcome: 'fault', reason: 'It takes no signal.' } });
    expect(Object.values(outcomes).every(isGood)).toBe(true);
  });

  it('are not good where a listed fault is gone', () => {
    const { abort } = complete({ chat: passed, abort: passed });
    expect(abort?.outcome).toBe('stale');
    expect(isGood(abort ?? passed)).toBe(false);
  });

  it('are not good where the client ended before a case', () => {
    const { chat } = complete({});
    expect(chat).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('ended') });
    expect(isGood(chat ?? passed)).toBe(false);
  });
});

describe('the compatibility page', () => {
  it('names each reason once, below the table', () => {
    const reason = 'The client has no embeddings.';
    const row = (title: string) => ({
      kind: 'models' as const,
      title,
      version: '1.0.0',
      outcomes: { chat: passed, embeddings: { outcome: 'unsupported' as const, reason } },
    });
    const text = page([row('`one`'), row('`two`')]);
    expect(text).toContain('| `one` | 1.0.0 | yes |');
    expect(text.match(/– \(1\)/g)).toHaveLength(2);
    expect(text.split(reason)).toHaveLength(2);
  });
});
