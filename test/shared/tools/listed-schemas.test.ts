// P3, and the size of the list: what every client reads before its first call.
import { describe, expect, it } from 'vitest';

import { validatorOf } from '#shared/registered-tools/validator.ts';
import { BUILT_IN_NAMES } from '#shared/tools/built-in-names.ts';
import { BUILT_IN_VERSIONS } from '#shared/tools/built-in-versions.ts';
import { loadBuiltIn } from '#shared/tools/load-built-in.ts';
import { MODEL_TOOLS, TOOLS } from '#shared/tools/registry.ts';
import { writeSchemas } from '#shared/tools/tool-schemas.ts';
import type { Tool, ToolCall } from '#shared/tools/tool.ts';

const listed = TOOLS.map((tool) => {
  const { name, title, description, annotations } = tool;
  const { input, output } = writeSchemas(tool);
  return { name, title, description, inputSchema: input, outputSchema: output, annotations };
});

/** The result of a tool without ports for an example, as the invoke path returns it. */
async function resultOf(tool: Tool, example: object): Promise<unknown> {
  const { output } = await tool.run(tool.input.parse(example), { now: () => 0 } as unknown as ToolCall);
  return tool.output.parse(output);
}

describe('the list of our own tools', () => {
  it.each(TOOLS)('$name is loaded by its name', async (tool) => {
    expect(await loadBuiltIn(tool.name)).toBe(tool);
  });

  it.each([...TOOLS, ...MODEL_TOOLS].filter(({ cache }) => cache))(
    '$name has a version, for its cached results',
    ({ name }) => {
      expect(BUILT_IN_VERSIONS[name]).toMatch(/^[\w-]{43}$/);
    },
  );

  it('has the names that limits may name', () => {
    expect(TOOLS.map(({ name }) => name)).toEqual(BUILT_IN_NAMES);
  });

  it('takes at most half of the 57 KB that it had', () => {
    expect(listed).toHaveLength(26);
    expect(Buffer.byteLength(JSON.stringify(listed))).toBeLessThanOrEqual(28_500);
  });

  it('names no dialect: 2020-12 is the default of MCP [P3]', () => {
    expect(JSON.stringify(listed)).not.toContain('$schema');
  });

  it('describes every tool and ends every reference within its schema', () => {
    for (const { description, inputSchema, outputSchema } of listed) {
      expect(description).not.toBe('');
      for (const schema of [inputSchema, outputSchema])
        for (const [, name = ''] of JSON.stringify(schema).matchAll(/#\/\$defs\/(\w+)/g))
          expect(schema?.['$defs']).toHaveProperty(name);
    }
  });
});

describe.each(TOOLS.map((tool) => [tool.name, tool] as const))('the listed schema of %s', (_name, tool) => {
  const { input, output } = writeSchemas(tool);

  it('takes each of its examples, and no unknown field', () => {
    for (const example of tool.examples) {
      expect(validatorOf(input)(example)).toEqual([]);
      expect(validatorOf(input)({ ...example, no_such_field: 1 })).toHaveLength(1);
    }
  });

  it('promises results as an object', () => {
    expect(output?.['type']).toBe('object');
  });
});

describe.each(
  TOOLS.filter(({ name }) => /^(?:calc|json|text|time)_/.test(name)).map(
    (tool) => [tool.name, tool] as const,
  ),
)('a result of %s', (_name, tool) => {
  it('keeps the listed schema', async () => {
    const { output = {} } = writeSchemas(tool);
    for (const example of tool.examples)
      expect(validatorOf(output)(await resultOf(tool, example))).toEqual([]);
  });
});

const todo = {
  id: '01JD5Z6K7M8N9P0QRSTVWXYZ12',
  title: 'a',
  priority: 'low',
  tags: [],
  status: 'open',
  version: 1,
  created_at: '2026-11-28T12:00:00.000Z',
  updated_at: '2026-11-28T12:00:00.000Z',
};
const answer = { provider: 'openai', model: 'm', text: 'a', finish_reason: 'stop' };
const usage = { input_tokens: 1, output_tokens: 1 };
const gauged = { spent: 1, open: 0, limit: null, left: null };
const periods = { calls: gauged, micro_usd: gauged };
const whole = { ...periods, resets_at: '2026-11-29T00:00:00.000Z' };

it.each<[string, object]>([
  ['todo_get', { todo }],
  ['todo_create_many', { todos: [todo] }],
  ['todo_list', { todos: [{ ...todo, due_at: '2027-03-01T09:00:00+01:00' }], next_cursor: null }],
  ['ai_chat', { ...answer, usage, chosen_by: { policy: 'cheapest', among: [] } }],
  ['ai_summarise', { ...answer, usage }],
  [
    'ai_compare',
    {
      answers: [
        { ...answer, usage },
        { provider: 'x', model: null, error: {} },
      ],
      answered: 1,
    },
  ],
  [
    'usage_status',
    {
      currency: 'USD',
      micro_usd_per_usd: 1e6,
      day: whole,
      month: whole,
      providers: { openai: { day: periods, month: periods } },
      calls_under_way: 0,
      own_budget: { day_micro_usd: null, month_micro_usd: 1 },
      price_version: '1',
    },
  ],
])('a full result of %s keeps the shortened schema', (name, result) => {
  const tool = TOOLS.find((one) => one.name === name);
  const { output = {} } = tool ? writeSchemas(tool) : {};
  expect(validatorOf(output)(result)).toEqual([]);
  expect(validatorOf(output)({})).not.toEqual([]);
});
