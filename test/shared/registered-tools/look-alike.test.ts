import { describe, expect, it } from 'vitest';

import { lookOf, plainLookOf } from '#shared/registered-tools/look-alike.ts';

describe('two aliases', () => {
  it.each([
    ['tod0', 'todo'],
    ['to-do', 'todo'],
    ['aichat', 'ai_chat'],
    ['a1', 'ai'],
    ['0penai', 'openai'],
    ['open-ai', 'openai'],
    ['anthr0pic', 'anthropic'],
    ['rnistral', 'mistral'],
    ['goog1e', 'google'],
    ['t1me', 'time'],
    ['j50n', 'json'],
    ['portvnu5', 'portvnus'],
  ])('that are drawn alike have one look: %s and %s', (one, other) => {
    expect(lookOf(one)).toBe(lookOf(other));
  });

  it.each([
    ['todos', 'todo'],
    ['weather', 'whether'],
    ['github', 'gitlab'],
    ['ai2', 'ai'],
    ['docs', 'dogs'],
  ])('that can be told apart have two looks: %s and %s', (one, other) => {
    expect(lookOf(one)).not.toBe(lookOf(other));
  });

  it('are compared more strictly than the tools of one server', () => {
    expect([
      plainLookOf('page1') === plainLookOf('pagel'),
      plainLookOf('Look-up') === plainLookOf('lookup'),
    ]).toEqual([false, true]);
  });
});
