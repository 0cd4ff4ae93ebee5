// The journal of AWS calls by functions and pipes, each with IAM's decision.

export type AwsCall = {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Name of the function or pipe that made the call. */
  readonly caller: string;
  /** IAM's service prefix, `dynamodb`, `kms` or `secretsmanager`. */
  readonly service: string;
  /** The API operation, `TransactWriteItems`. */
  readonly operation: string;
  /** ARNs the call touched. */
  readonly resources: readonly string[];
  readonly allowed: boolean;
  /** DynamoDB calls only: the partition keys they name. */
  readonly partitions?: readonly string[];
  /** KMS calls only. */
  readonly encryptionContext?: Readonly<Record<string, string>>;
};

export type Journal = {
  readonly record: (call: AwsCall) => void;
  readonly all: () => readonly AwsCall[];
};

/** Keeps the newest `limit` calls. */
export function createJournal(limit = 100_000): Journal {
  const calls: AwsCall[] = [];
  return {
    record(call) {
      calls.push(call);
      if (calls.length > limit) calls.splice(0, calls.length - limit);
    },
    all: () => calls,
  };
}
