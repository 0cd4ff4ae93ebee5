// The encryption context: bound to every ciphertext, shown in clear in the log, and a condition key of policies.

export type EncryptionContext = Readonly<Record<string, string>>;

/** The same bytes for the same pairs in any order, and no two contexts share them: lengths stand before values. */
export function contextBytes(context: EncryptionContext): Buffer {
  const pairs = Object.entries(context)
    .map(([key, value]) => [Buffer.from(key), Buffer.from(value)] as const)
    .toSorted(([left], [right]) => Buffer.compare(left, right));
  return Buffer.concat(pairs.flatMap(([key, value]) => [lengthPrefix(key), key, lengthPrefix(value), value]));
}

function lengthPrefix(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return length;
}

/** The condition keys that KMS derives from it. */
export function conditionKeys(context: EncryptionContext): Record<string, string | readonly string[]> {
  const names = Object.keys(context);
  if (names.length === 0) return {};
  return {
    'kms:EncryptionContextKeys': names,
    ...Object.fromEntries(names.map((name) => [`kms:EncryptionContext:${name}`, context[name] ?? ''])),
  };
}
