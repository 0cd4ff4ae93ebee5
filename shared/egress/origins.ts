// Origins in the stage's configuration.
import * as z from 'zod/mini';

/** Exact origins that the stage trusts, past the https and address rules. */
export const Origins = z.array(z.url());

/** The origins of registered tools alone, or with the remedy that a rejected address names to the user who registers it. */
export const ToolOrigins = z.union([Origins, z.object({ origins: Origins, next_step: z.string() })]);
export type ToolOrigins = z.infer<typeof ToolOrigins>;
