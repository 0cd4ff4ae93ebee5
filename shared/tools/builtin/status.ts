// Status tools for the caller's own keys and for this service. They return no secrets: the vault is not accessible here.
import * as z from 'zod';

import { defineTool, type Tool } from '#shared/tools/tool.ts';
import { KeyStatus, ProviderStatus } from './status-ports.ts';
import { usageStatus } from './usage-status.ts';

const annotations = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
};

const keyStatus = defineTool({
  name: 'key_status',
  title: 'Status of your keys',
  description: "Lists the caller's stored provider keys: hint, state and expiry, never a key.",
  input: z.strictObject({
    provider: z
      .string()
      .regex(/^[a-z0-9-]{1,32}$/)
      .optional(),
  }),
  output: z.object({ keys: z.array(KeyStatus) }),
  annotations,
  scope: 'keys:read',
  examples: [{}, { provider: 'openai' }],
  async run({ provider }, { principal, status }) {
    const all = await status.keysOf(principal.ownerId);
    const keys = provider === undefined ? all : all.filter((key) => key.provider === provider);
    return { output: { keys }, meta: { count: keys.length } };
  },
});

const serviceStatus = defineTool({
  name: 'service_status',
  title: 'Status of this service',
  description:
    'Returns the server time, and the AI providers that this service is configured to call with their availability.',
  input: z.strictObject({}),
  output: z.object({ utc: z.iso.datetime(), providers: z.array(ProviderStatus) }),
  outputSummary: z.object({
    utc: z.iso.datetime(),
    providers: z.array(z.looseObject({ ...ProviderStatus.pick({ name: true, status: true }).shape })),
  }),
  annotations,
  examples: [{}],
  async run(_input, { now, status, principal }) {
    const providers = await status.providers(principal.ownerId);
    return { output: { utc: new Date(now()).toISOString(), providers } };
  },
});

export const statusTools: readonly Tool[] = [keyStatus, serviceStatus, usageStatus];
