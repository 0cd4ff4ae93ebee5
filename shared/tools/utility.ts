import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';

import { defineTool, type Tool } from './tool.ts';

/** The wall clock of a zone as RFC 3339 without its offset, e.g. `2026-11-22T09:30:00`. */
function wallClock(at: number, zone: string): string {
  // The first formatter of a process loads locale data for 20 ms; the default zone needs none.
  if (zone === 'UTC') return new Date(at).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length);
  try {
    const format = new Intl.DateTimeFormat('sv-SE', {
      timeZone: zone,
      dateStyle: 'short',
      timeStyle: 'medium',
    });
    return format.format(at).replace(' ', 'T');
  } catch {
    throw new AppError('invalid_input', 'Unknown time zone.', {
      issues: [{ path: 'zone', message: 'must be an IANA zone, as in Europe/Berlin' }],
    });
  }
}

const timeNow = defineTool({
  name: 'time_now',
  title: 'Current time',
  description: 'Tells the current date and time, in UTC and in a zone.',
  input: z.strictObject({
    zone: z.string().min(1).max(64).default('UTC').describe('IANA zone, as in Europe/Berlin'),
  }),
  output: z.object({ utc: z.iso.datetime(), local: z.string(), zone: z.string() }),
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  examples: [{}, { zone: 'Europe/Berlin' }],
  async run({ zone }, { now }) {
    const at = now();
    return { output: { utc: new Date(at).toISOString(), local: wallClock(at, zone), zone } };
  },
});

export const utilityTools: readonly Tool[] = [timeNow];
