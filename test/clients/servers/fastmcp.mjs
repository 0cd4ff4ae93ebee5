// A server written with fastmcp, on the port of the first argument.
import { FastMCP } from 'fastmcp';
import * as z from 'zod';

const STEPS = 3;

const server = new FastMCP({ name: 'words', version: '1.0.0' });
server.addTool({
  name: 'count_words',
  description: 'Counts the words of a text.',
  parameters: z.object({ text: z.string().min(1), separator: z.string().default(' ') }),
  annotations: { readOnlyHint: true, openWorldHint: false },
  execute: async ({ text, separator }) => String(text.split(separator).length),
});
server.addTool({
  name: 'count_slowly',
  description: 'Counts the letters of a text, step by step.',
  parameters: z.object({ text: z.string() }),
  async execute({ text }, { reportProgress }) {
    for (let step = 1; step <= STEPS; step += 1) await reportProgress({ progress: step, total: STEPS });
    return String(text.length);
  },
});
await server.start({
  transportType: 'httpStream',
  httpStream: { port: Number(process.argv[2]), host: '127.0.0.1' },
});
