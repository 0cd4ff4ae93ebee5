import { describe, expect, it } from 'vitest';

import { type AuditDraft, createAudit } from '#shared/audit/audit.ts';
import { mask } from '#shared/audit/mask.ts';
import { AuditRecord, META } from '#shared/audit/record.ts';
import { AppError } from '#shared/core/errors.ts';

describe('masking', () => {
  it.each([
    ['an OpenAI key', 'my sk-proj-abcdefghijklmnop key', 'my [key] key'],
    ['an Anthropic key', 'sk-ant-api03-abcdefghijkl', '[key]'],
    ['a token', 'Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln', 'Bearer [token]'],
    ['a GitHub token', 'ghp_abcdefghijklmnopqrst', '[key]'],
    ['an AWS key id', 'AKIAABCDEFGHIJKLMNOP', '[key]'],
    ['a Google key', 'AIzaSyA-abcdefghijklmnop', '[key]'],
    ['an e-mail address', 'write to jane.doe@example.org now', 'write to [e-mail] now'],
    ['an address', 'from 203.0.113.9', 'from [address]'],
    ['a long opaque word', `x ${'aB3'.repeat(15)} y`, 'x [opaque] y'],
    ['marks that change the direction of text', 'a\u202eb\u2066c\u200bd', 'a b c d'],
    ['line breaks and escapes', 'a\r\nb\u001b[31m\u2028c', 'a  b [31m c'],
  ])('replaces %s', (_kind, text, masked) => {
    expect(mask(text)).toBe(masked);
  });

  it.each(['todo_create', 'gpt-4.1-mini', 'openai_AAAAAAAAAAAAAAAAAAAAAA', 'tools/list'])(
    'leaves %s',
    (text) => {
      expect(mask(text)).toBe(text);
    },
  );

  it('bounds what it keeps', () => {
    expect(mask('word '.repeat(1000)).length).toBeLessThanOrEqual(200);
  });
});

describe('a record', () => {
  const stored: AuditRecord[] = [];
  const audit = createAudit({
    store: {
      append(record) {
        stored.push(record);
        return { item: record, rejected: () => new AppError('internal') };
      },
    },
    commit: async () => {},
    now: () => Date.UTC(2026, 10, 22, 9, 30, 0, 7),
  });
  const draft: AuditDraft = {
    ownerId: 'u',
    category: 'api_call',
    act: 'tool.called',
    result: 'succeeded',
    requestId: 'r',
    target: 'call sk-proj-abcdefghijklmnop',
  };

  it('is stamped, numbered and masked in one place', async () => {
    await audit.commit({ ...draft, meta: { model: 'sk-proj-abcdefghijklmnop', count: 3 } });
    const record = AuditRecord.parse(stored.at(-1));
    expect(record).toMatchObject({
      fmt: 2,
      ts: '2026-11-22T09:30:00.007Z',
      target: 'call [key]',
      meta: { model: '[key]', count: 3 },
    });
    expect(record.eventId).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
  });

  it.each(META)('masks the metadata field %s', async (name) => {
    await audit.commit({ ...draft, meta: { [name]: 'jane@example.org on sk-proj-abcdefghijklmnop' } });
    expect(stored.at(-1)?.meta).toEqual({ [name]: '[e-mail] on [key]' });
  });

  it('holds at most 20 receipts, the first ones', async () => {
    const keys = Array.from({ length: 25 }, (_, n) => ({ provider: 'openai', kid: `${n}`, version: 1 }));
    await audit.commit({ ...draft, keys });
    expect(stored.at(-1)?.keys).toEqual(keys.slice(0, 20));
  });

  it('drops metadata with an unlisted name', async () => {
    const meta = { model: 'm', prompt: 'everything the user said' };
    await audit.commit({ ...draft, meta });
    expect(stored.at(-1)?.meta).toEqual({ model: 'm' });
  });
});
