import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { diff } from '#shared/tools/builtin/text-diff.ts';
import type { ToolCall } from '#shared/tools/tool.ts';

type Output = { same: boolean; added: number; removed: number; diff: string };
const compare = async (before: string, after: string, context = 3) => {
  const input = diff.input.parse({ before, after, context });
  return (await diff.run(input, {} as ToolCall)).output as Output;
};

const many = (n: number, of: string) => Array.from({ length: n }, (_, i) => `${of}${i}`).join('\n');
const linesOf = (text: string) => (text === '' ? [] : text.split('\n'));

/** Lines that both have in the same order, by the textbook's table. */
function common(before: readonly string[], after: readonly string[]): number {
  let row: number[] = after.map(() => 0);
  for (const line of before) {
    const next: number[] = [];
    for (const [at, other] of after.entries()) {
      const same = line === other ? (row[at - 1] ?? 0) + 1 : 0;
      next.push(Math.max(same, row[at] ?? 0, next[at - 1] ?? 0));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

describe('text_diff', () => {
  it('shows what has changed with the lines around it', async () => {
    const before = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'].join('\n');
    expect(await compare(before, before.replace('b', 'B').replace('i', 'i\nj'), 1)).toEqual({
      same: false,
      added: 2,
      removed: 1,
      diff: '@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n@@ -9,1 +9,2 @@\n i\n+j',
    });
  });

  it('finds nothing where only the ends of lines differ', async () => {
    expect(await compare('a\r\nb', 'a\nb')).toEqual({ same: true, added: 0, removed: 0, diff: '' });
    expect(await compare('', '')).toMatchObject({ same: true });
  });

  it('tells the way from one text to the other, and no longer one than there must be', async () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', 'c', '', '@@'), { maxLength: 10 })
      .map((lines) => lines.join('\n'));
    await fc.assert(
      fc.asyncProperty(text, text, async (before, after) => {
        const [from, to] = [linesOf(before), linesOf(after)];
        const told = await compare(before, after, 10);
        expect(told.added + told.removed).toBe(from.length + to.length - 2 * common(from, to));
        if (told.same) return;
        const [, ...lines] = told.diff.split('\n');
        const left = (sign: string) => lines.filter((line) => line[0] !== sign).map((line) => line.slice(1));
        expect([left('+'), left('-')]).toEqual([from, to]);
      }),
      { numRuns: 500 },
    );
  });

  it('rejects texts that have little in common, and more lines than it compares', async () => {
    await expect(compare(many(600, 'a'), many(600, 'b'))).rejects.toMatchObject({ code: 'invalid_input' });
    expect(diff.input.safeParse({ before: '\n'.repeat(5000), after: '' }).success).toBe(false);
  });
});
