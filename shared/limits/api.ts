// Schemas of the limits routes.
import * as z from 'zod';

import { Rates } from './rates.ts';

export const LimitsBody = z.strictObject({
  version: z.number().int().min(0).max(1e9).describe('The version that was read; 0 if none is stored'),
  limits: Rates,
});
export type LimitsBody = z.infer<typeof LimitsBody>;
