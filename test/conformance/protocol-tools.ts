// Tools that use the protocol while they run: progress, log messages, headers, schemas of every kind.
import { fromJsonSchema, type McpServer } from '@modelcontextprotocol/server';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/server/validators/ajv';

import { text } from './content-tools.ts';

const pause = () => new Promise((resolve) => setTimeout(resolve, 50));

const DIALECT = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  // oxlint-disable-next-line unicorn/no-thenable
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
};

// Compiled once: a schema is checked by a validator of its own.
const dialect = fromJsonSchema(DIALECT, new AjvJsonSchemaValidator());
const region = { type: 'string', 'x-mcp-header': 'Region' } as const;
const mirrored = fromJsonSchema({ type: 'object', properties: { region } }, new AjvJsonSchemaValidator());

export function addProtocolTools(server: McpServer): void {
  server.registerTool('test_tool_with_progress', { description: 'Tells how far it is.' }, async (ctx) => {
    const progressToken = ctx.mcpReq._meta?.progressToken;
    for (const progress of [0, 50, 100]) {
      if (progress > 0) await pause();
      if (progressToken === undefined) continue;
      await ctx.mcpReq.notify({
        method: 'notifications/progress',
        params: { progressToken, progress, total: 100 },
      });
    }
    return text('The work is done.');
  });

  server.registerTool('test_tool_with_logging', { description: 'Logs while it works.' }, async (ctx) => {
    await ctx.mcpReq.log('info', 'Tool execution started');
    await pause();
    await ctx.mcpReq.log('info', 'Tool processing data');
    await pause();
    await ctx.mcpReq.log('info', 'Tool execution completed');
    return text('The log is written.');
  });

  server.registerTool('test_logging_tool', { description: 'Logs one line.' }, async (ctx) => {
    await ctx.mcpReq.log('info', 'One line');
    return text('The line is written, if it was asked for.');
  });

  server.registerTool(
    'json_schema_2020_12_tool',
    { description: 'Tool with JSON Schema 2020-12 features', inputSchema: dialect },
    () => text('The arguments are valid.'),
  );

  server.registerTool(
    'test_x_mcp_header',
    { description: 'Mirrors an argument in a header.', inputSchema: mirrored },
    () => text('Header and argument agree.'),
  );
}
