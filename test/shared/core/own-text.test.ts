// Fault 11: texts that users write about their own things, in todos, tags and key labels.
import { describe, expect, it } from 'vitest';
import type * as z from 'zod';

import { TodoQuery } from '#shared/todo/query.ts';
import { TodoChanges, TodoDraft } from '#shared/todo/todo.ts';
import { LabelKeyBody, StoreKeyBody } from '#shared/vault/api.ts';

const key = { provider: 'openai', api_key: 'sk-aaaaaaaaaaaaaaaaaaaa' };
const PLACES: Readonly<Record<string, (text: string) => z.ZodSafeParseResult<unknown>>> = {
  'the title of a todo': (title) => TodoDraft.safeParse({ title }),
  'a changed title': (title) => TodoChanges.safeParse({ title }),
  'the description of a todo': (description) => TodoDraft.safeParse({ title: 'a', description }),
  'a tag': (tag) => TodoDraft.safeParse({ title: 'a', tags: ['b', tag] }),
  'the label of a new key': (label) => StoreKeyBody.safeParse({ ...key, label }),
  'a changed label': (label) => LabelKeyBody.safeParse({ label }),
};
const REJECTED = {
  NUL: 'a\u0000b',
  ESC: 'a\u001b[31mb',
  BEL: 'a\u0007b',
  DEL: 'a\u007fb',
  'a C1 control': 'a\u009bb',
  'a direction override': 'a\u202eb',
  'a direction isolate': 'a\u2066b',
  'a lone surrogate': 'a\ud83db',
};

describe.each(Object.entries(PLACES))('%s', (_place, parse) => {
  it.each(Object.entries(REJECTED))('is rejected with %s, naming the fault and no value', (_name, text) => {
    const { error } = parse(text);
    expect(error?.issues.map(({ message }) => message)).toEqual([
      'has control or direction characters, which cannot be stored: remove them',
    ]);
  });

  it.each(['Grüße 👩‍👩‍👧', 'می‌خواهم', 'שלום world', '1 < 2 & <b>bold</b>'])('keeps %s as it is', (text) => {
    const parsed = parse(text);
    expect(JSON.stringify(parsed.data)).toContain(JSON.stringify(text));
  });

  it('shortens marks stacked on a letter and long runs of blanks', () => {
    const { data } = parse(`x${'\u0300\u0316'.repeat(40)}y${' '.repeat(60)}z`);
    expect(JSON.stringify(data)).toMatch(/x\p{M}{1,4}y z/u);
  });

  it('loses characters that nothing draws', () => {
    expect(JSON.stringify(parse('\uFEFFsoft\u00ADhy\u200Bphen').data)).toContain('"softhyphen"');
  });
});

describe('line breaks', () => {
  it.each(['one\r\ntwo', 'one\rtwo', 'one\u2028two', 'one\ntwo'])('are LF in a description: %j', (text) => {
    expect(TodoDraft.parse({ title: 'a', description: text })).toMatchObject({ description: 'one\ntwo' });
  });

  it('are blanks in titles, tags and labels', () => {
    const todo = TodoDraft.parse({ title: 'one\r\ntwo', tags: ['one\ttwo', 'one two'] });
    expect([todo, LabelKeyBody.parse({ label: 'one\ntwo' })]).toEqual([
      { title: 'one two', tags: ['one two'] },
      { label: 'one two' },
    ]);
  });

  it('are shortened where there are many', () => {
    const description = `a${'\r\n'.repeat(50)}b`;
    expect(TodoDraft.parse({ title: 'a', description }).description).toBe('a\n\nb');
  });
});

it('a tag is searched in the form in which it was stored', () => {
  expect(TodoQuery.parse({ tag: 'cafe\u0301\u200B' }).tag).toBe(
    TodoDraft.parse({ title: 'a', tags: ['café'] }).tags?.[0],
  );
});
