import * as z from 'zod';

/** Provider → origin, from the stage's configuration alone. */
export const ProviderOrigins = z.record(z.string(), z.url());
export type ProviderOrigins = z.infer<typeof ProviderOrigins>;
