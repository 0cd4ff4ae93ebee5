// Reports of leaked keys in the form of GitHub's secret scanning partner program: a JSON array, signed with ECDSA P-256 over the
// bytes of the body. https://docs.github.com/code-security/secret-scanning/secret-scanning-partner-program
import { createHash, createPublicKey, verify } from 'node:crypto';
import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';

export const KEY_ID_HEADER = 'github-public-key-identifier';
export const SIGNATURE_HEADER = 'github-public-key-signature';

export const LeakReportBody = z
  .array(
    z.object({
      token: z.string().min(1).max(4096).describe('The leaked text.'),
      type: z.string().max(256).describe('Kind of secret, as registered with the reporter.'),
      url: z.string().max(2048).optional().describe('Where it was found.'),
      source: z.string().max(64).optional().describe('Part of the source, as `content` or `commit`.'),
    }),
  )
  .min(1)
  .max(100);
export type LeakReport = z.infer<typeof LeakReportBody>;

/** Feedback on one reported token, by its hash. */
export type LeakFeedback = {
  /** Base64 of the SHA-256. */
  readonly token_hash: string;
  readonly token_type: string;
  readonly label: 'true_positive' | 'false_positive';
};

export const feedbackOn = ({ token, type }: LeakReport[number], isOurs: boolean): LeakFeedback => ({
  token_hash: createHash('sha256').update(token).digest('base64'),
  token_type: type,
  label: isOurs ? 'true_positive' : 'false_positive',
});

const PublicKeys = z.object({
  public_keys: z
    .array(
      z.object({
        key_identifier: z.string().min(1).max(256),
        key: z.string().max(4096),
        is_current: z.boolean().optional(),
      }),
    )
    .min(1)
    .max(64),
});

/** Reason class of a rejected report, for the audit trail. */
export type ReportRefusal = 'report_unsigned' | 'report_unknown_key' | 'report_signature';

const rejected = (reason: ReportRefusal): AppError =>
  new AppError('unauthenticated', 'The signature of the report is not valid.', {
    reason,
    next_step: `Sign the bytes of the body with ECDSA P-256 and SHA-256: ${KEY_ID_HEADER}, ${SIGNATURE_HEADER}.`,
  });

/** Base64 as it is written canonically, of at most the length of a P-256 signature in DER. */
const SIGNATURE = /^[A-Za-z0-9+/]{80,104}={0,2}$/;

function isSignedBy(pem: string, body: Uint8Array, signature: string): boolean {
  const bytes = Buffer.from(signature, 'base64');
  if (bytes.toString('base64') !== signature) return false;
  try {
    const key = createPublicKey(pem);
    const isP256 = key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
    return isP256 && verify('sha256', body, key, bytes);
  } catch {
    return false; // not a key
  }
}

/** Port. The published document of the reporter's keys, through the egress guard. */
export type FetchReportKeys = () => Promise<unknown>;

const FRESH_MS = 10 * 60_000;
const COOLDOWN_MS = 30_000;
const LAST_GOOD_MS = 24 * 3600_000;

const unavailable = () => new AppError('unavailable', 'The keys of the reporter could not be read.');

export type VerifyReport = (report: {
  readonly body: Uint8Array;
  readonly keyId: string | undefined;
  readonly signature: string | undefined;
}) => Promise<void>;

/**
 * Keys are kept for 10 minutes. A report that names an unknown key causes at most one further request in 30 seconds, because key ids
 * are chosen by the sender.
 * @throws {AppError} of the returned function: `unauthenticated`; `unavailable` while the keys cannot be fetched
 */
export function createVerifyReport(ports: { fetchKeys: FetchReportKeys; now: () => number }): VerifyReport {
  const { fetchKeys, now } = ports;
  let known: { readonly keys: ReadonlyMap<string, string>; readonly at: number } | undefined;
  let lastRequestAt = Number.NEGATIVE_INFINITY;

  async function refresh(): Promise<void> {
    lastRequestAt = now();
    const parsed = PublicKeys.safeParse(await fetchKeys());
    if (!parsed.success) throw unavailable();
    const keys = new Map(parsed.data.public_keys.map(({ key_identifier: id, key }) => [id, key]));
    known = { keys, at: now() };
  }

  const age = () => (known ? now() - known.at : Number.POSITIVE_INFINITY);
  const cooledDown = () => now() - lastRequestAt >= COOLDOWN_MS;

  /** Known keys stay in use for a day while the reporter cannot be reached. */
  async function refreshIfCooledDown(): Promise<void> {
    if (cooledDown()) {
      await refresh().catch((error: unknown) => {
        if (age() >= LAST_GOOD_MS) throw error;
      });
    }
    if (age() >= LAST_GOOD_MS) throw unavailable();
  }

  async function keyOf(id: string): Promise<string | undefined> {
    if (age() >= FRESH_MS) await refreshIfCooledDown();
    const found = known?.keys.get(id);
    if (found !== undefined) return found;
    await refreshIfCooledDown();
    return known?.keys.get(id);
  }

  return async ({ body, keyId, signature }) => {
    if (!keyId || !signature || !SIGNATURE.test(signature)) throw rejected('report_unsigned');
    const pem = await keyOf(keyId);
    if (pem === undefined) throw rejected('report_unknown_key');
    if (!isSignedBy(pem, body, signature)) throw rejected('report_signature');
  };
}
