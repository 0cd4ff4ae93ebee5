/** Encryption context of a ciphertext: owner, key and version. Visible in plaintext in the KMS log. */
export type EncryptionContext = Readonly<Record<string, string>>;

/** Wrapped data key, stored beside the message: only KMS key `keyArn` can unwrap it. */
export type WrappedKey = { readonly wrapped: Uint8Array; readonly keyArn: string };

/** Plaintext data key. The holder zeroes it after use. */
type FreshKey = WrappedKey & { readonly plaintext: Uint8Array };

/** Port to KMS. `shared/aws` implements it with KMS, tests with a Map. Its errors are passed through. */
export type KeyWrapper = {
  /** A new 256-bit data key, bound to the context. */
  generate: (context: EncryptionContext) => Promise<FreshKey>;
  /** Rejects a wrapped key that was bound to another context or belongs to another `keyArn`. */
  unwrap: (key: WrappedKey & { readonly context: EncryptionContext }) => Promise<Uint8Array>;
};
