// Values of a stage that its operator chooses: stages/<stage>.json. One file, so that no deployment can forget one of them.
import { readFileSync } from 'node:fs';

import * as z from 'zod';

const Origin = z
  .string()
  .regex(/^https?:\/\/[^/?#]+$/, 'must be an origin, as in https://console.example.com');

/** Exact URI of a client. Cognito takes http for localhost only, and schemes of desktop programs. */
const RedirectUri = z
  .string()
  .regex(
    /^(?:https:\/\/[^#*\s]+|http:\/\/localhost(?::\d+)?(?:\/[^#*\s]*)?|(?!https?:)[a-z][a-z0-9+.-]*:\/\/[^#*\s]+)$/,
    'must be https, http://localhost, or the scheme of a program, without # and *',
  );

const PUBLIC_URL = /^https:\/\/[^/?#]+(?:\/[^/?#]+)*$/;

const VaultKey = z.int().min(1).max(9);

const Days = z.int().min(1).max(3650);
const AuditRetentionDays = z.strictObject({
  authentication: Days,
  api_call: Days,
  user_action: Days,
  system: Days,
});

export const StageFile = z.strictObject({
  /** With it, a deployment with the credentials of another account fails. */
  account: z
    .string()
    .regex(/^\d{12}$/, 'must be an account id of 12 digits')
    .optional(),
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be a Region, as in eu-central-1')
    .optional(),
  issuer: z.enum(['cognito', 'outside']).optional(),
  domain: z
    .strictObject({ name: z.hostname(), certificateArn: z.string().startsWith('arn:aws:acm:') })
    .optional(),
  /** Address of the API for clients, if that is neither the domain nor the address that AWS gives it. */
  publicUrl: z
    .custom<`https://${string}`>(
      (value) => typeof value === 'string' && PUBLIC_URL.test(value),
      'must be https without a slash at the end',
    )
    .optional(),
  webOrigin: Origin.optional(),
  redirectUris: z.array(RedirectUri).min(1).max(100).optional(),
  vaultKeys: z
    .array(VaultKey)
    .min(1)
    .refine((numbers) => new Set(numbers).size === numbers.length, 'must name each key once')
    .optional(),
  mfa: z.enum(['optional', 'required']).optional(),
  minimumTls: z.enum(['1.2', '1.3']).optional(),
  /** Lambda reserves these of the account's concurrent executions; each streamed route has the same ceiling. */
  concurrency: z
    .strictObject({ authorizer: z.int().min(1).optional(), streams: z.int().min(1).optional() })
    .optional(),
  webAclArn: z.string().startsWith('arn:aws:wafv2:').optional(),
  operatorEmail: z.email().optional(),
  /** Budget of a month, as AWS counts by the tag `stage`. */
  monthlyBudgetUsd: z.number().min(1).optional(),
  tracing: z.enum(['sampled', 'off']).optional(),
  /** Days for which audit records stay in the table, by category. The archive keeps all of them for the longest of these. */
  auditRetentionDays: AuditRetentionDays.optional(),
});
export type StageFile = z.infer<typeof StageFile>;

/** @param source for the error: the path of the file. @throws {Error} naming each wrong or unknown value */
export function parseStageFile(given: unknown, source: string): StageFile {
  const parsed = StageFile.safeParse(given);
  if (parsed.success) return parsed.data;
  const known = Object.keys(StageFile.shape).join(', ');
  throw new Error(
    `${source} is not valid.\n${z.prettifyError(parsed.error)}\nCorrect or remove it. Known values: ${known}.`,
  );
}

/** @throws {Error} for a file that is missing, no JSON, or not valid */
export function readStageFile(path: string): StageFile {
  let given: unknown;
  try {
    given = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`${path} cannot be read as JSON: ${(error as Error).message}. An empty stage is {}.`);
  }
  return parseStageFile(given, path);
}
