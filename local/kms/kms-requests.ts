// Request schemas of the KMS operations, with AWS's bounds.
import * as z from 'zod';

const KeyId = z.string().min(1).max(2048);
const Context = z.record(z.string(), z.string()).default({});
const blob = (max: number) =>
  z
    .base64()
    .transform((text) => Buffer.from(text, 'base64'))
    .refine(({ length }) => length >= 1 && length <= max, `Member must have length between 1 and ${max}`);
const Ciphertext = blob(6144);
const GrantTokens = z.array(z.string()).max(10).optional();
const Algorithm = z.literal('SYMMETRIC_DEFAULT').optional();
const MacAlgorithm = z.literal('HMAC_SHA_256');
export const REQUESTS = {
  Encrypt: z.strictObject({
    KeyId,
    Plaintext: blob(4096),
    EncryptionContext: Context,
    EncryptionAlgorithm: Algorithm,
    GrantTokens,
  }),
  Decrypt: z.strictObject({
    KeyId: KeyId.optional(),
    CiphertextBlob: Ciphertext,
    EncryptionContext: Context,
    EncryptionAlgorithm: Algorithm,
    GrantTokens,
  }),
  ReEncrypt: z.strictObject({
    CiphertextBlob: Ciphertext,
    SourceKeyId: KeyId.optional(),
    SourceEncryptionContext: Context,
    SourceEncryptionAlgorithm: Algorithm,
    DestinationKeyId: KeyId,
    DestinationEncryptionContext: Context,
    DestinationEncryptionAlgorithm: Algorithm,
    GrantTokens,
  }),
  GenerateDataKey: z.strictObject({
    KeyId,
    KeySpec: z.literal('AES_256'),
    EncryptionContext: Context,
    GrantTokens,
  }),
  GenerateMac: z.strictObject({ KeyId, Message: blob(4096), MacAlgorithm, GrantTokens }),
  GetPublicKey: z.strictObject({ KeyId, GrantTokens }),
  Sign: z.strictObject({
    KeyId,
    Message: blob(4096),
    MessageType: z.literal('RAW').default('RAW'),
    SigningAlgorithm: z.literal('ECDSA_SHA_256'),
    GrantTokens,
  }),
  ScheduleKeyDeletion: z.strictObject({
    KeyId,
    PendingWindowInDays: z.int().min(7).max(30).default(30),
  }),
} as const;

export type Operation = keyof typeof REQUESTS;
export type Request<Name extends Operation> = z.output<(typeof REQUESTS)[Name]>;

export const isOperation = (name: string): name is Operation => Object.hasOwn(REQUESTS, name);

/** AWS counts keys and values of the whole context together. */
export const MAX_CONTEXT_BYTES = 8192;
