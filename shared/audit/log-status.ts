// Status of the audit log: what the sealer and the exporter last did, for those who keep checkpoints of their own.
import * as z from 'zod';

const Sealed = z.object({
  origin: z.string(),
  size: z.number().int(),
  /** Signed note; empty until the first record is sealed. */
  checkpoint: z.string(),
  /** PEM. */
  publicKey: z.string(),
  atMs: z.number(),
});
const Verified = z.object({ size: z.number().int(), hour: z.string(), atMs: z.number() });
export type Sealed = z.infer<typeof Sealed>;
export type Verified = z.infer<typeof Verified>;

/** `sealed`: last run of the sealer. `verified`: last export, which verifies what it exports. */
export const LogStatus = z.object({ sealed: Sealed.optional(), verified: Verified.optional() });
export type LogStatus = z.infer<typeof LogStatus>;

/** Port. */
export type LogStatusStore = {
  readonly read: () => Promise<LogStatus>;
  readonly noteSealed: (sealed: Sealed) => Promise<void>;
  readonly noteVerified: (verified: Verified) => Promise<void>;
};

/** The sealer runs each minute: after more than three it is reported as late. */
const LATE_MS = 3 * 60_000;

export type VerificationBody = {
  readonly status: 'sealed' | 'late' | 'never';
  readonly origin: string | null;
  readonly size: number;
  readonly sealed_seconds_ago: number | null;
  readonly checkpoint: string | null;
  readonly public_key: string | null;
  readonly verified: { readonly size: number; readonly hour: string; readonly seconds_ago: number } | null;
};

const secondsBetween = (atMs: number, now: number) => Math.max(0, Math.round((now - atMs) / 1000));

function describeVerified(verified: Verified | undefined, now: number): VerificationBody['verified'] {
  if (!verified) return null;
  const { size, hour, atMs } = verified;
  return { size, hour, seconds_ago: secondsBetween(atMs, now) };
}

const NEVER = {
  status: 'never',
  origin: null,
  size: 0,
  sealed_seconds_ago: null,
  checkpoint: null,
  public_key: null,
} as const;

export function describeLogStatus({ sealed, verified }: LogStatus, now: number): VerificationBody {
  const last = describeVerified(verified, now);
  if (!sealed) return { ...NEVER, verified: last };
  const { origin, size, checkpoint, publicKey, atMs } = sealed;
  return {
    status: now - atMs > LATE_MS ? 'late' : 'sealed',
    origin,
    size,
    sealed_seconds_ago: secondsBetween(atMs, now),
    checkpoint: checkpoint === '' ? null : checkpoint,
    public_key: publicKey,
    verified: last,
  };
}
