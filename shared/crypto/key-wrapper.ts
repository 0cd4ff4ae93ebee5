/**
 * What a ciphertext is bound to: whose, which key, which version. Shown in clear in the key service's log.
 */
export type EncryptionContext = Readonly<Record<string, string>>;

/** A data key as it rests beside the message: only the key service that owns `keyArn` can read it. */
export type WrappedKey = { readonly wrapped: Uint8Array; readonly keyArn: string };

/** A data key in the clear. Whoever holds it zeroes it. */
type FreshKey = WrappedKey & { readonly plaintext: Uint8Array };

/**
 * Port to the key service. `shared/aws` keeps it in KMS, tests in a Map. Its errors reach the caller
 * untouched.
 */
export type KeyWrapper = {
  /** A new 256-bit data key, bound to the context. */
  generate: (context: EncryptionContext) => Promise<FreshKey>;
  /** Refuses a wrapped key that was bound to another context or belongs to another `keyArn`. */
  unwrap: (key: WrappedKey & { readonly context: EncryptionContext }) => Promise<Uint8Array>;
};
