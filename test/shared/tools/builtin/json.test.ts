import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { jsonTools } from '#shared/tools/builtin/json.ts';
import type { ToolCall } from '#shared/tools/tool.ts';

async function format(json: string, indent = 2) {
  const tool = jsonTools.find(({ name }) => name === 'json_format');
  if (!tool) throw new Error('There is no json_format.');
  const { output } = await tool.run(tool.input.parse({ json, indent }), {} as ToolCall);
  return output as { valid: boolean; problem?: string; type?: string; text?: string };
}

describe('json_format', () => {
  it('lays a document out as JSON.stringify does', async () => {
    const name = fc.string().filter((text) => text !== '__proto__');
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('any'), { maxLength: 4 }),
        fc.dictionary(name, tie('any'), { maxKeys: 4, noNullPrototype: true }),
      ),
    })).any;
    await fc.assert(
      fc.asyncProperty(value, fc.integer({ min: 0, max: 4 }), async (given, indent) => {
        const { text } = await format(JSON.stringify(given, undefined, 3), indent);
        expect(text).toBe(JSON.stringify(given, undefined, indent));
      }),
      { numRuns: 300 },
    );
  });

  it('keeps numbers as they are written', async () => {
    const json = '[ 12345678901234567890, 1.10, 1e2 , {  } ]';
    expect(await format(json, 0)).toEqual({
      valid: true,
      type: 'array',
      text: '[12345678901234567890,1.10,1e2,{}]',
    });
  });

  it.each(['{"a":1,"a":2}', '{"a":}', '[1] [2]', '['.repeat(40) + ']'.repeat(40), 'sk-secret'])(
    'says what is wrong with %s, and quotes none of it',
    async (json) => {
      const { valid, problem, text } = await format(json);
      expect({ valid, text }).toEqual({ valid: false, text: undefined });
      expect(problem).toMatch(/document/);
      expect(problem).not.toContain('secret');
    },
  );
});
