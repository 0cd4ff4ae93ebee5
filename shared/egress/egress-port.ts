// Requests and responses of the egress guard, and its port.
export type EgressRequest = {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly deadlineMs: number;
  /** The request carries a key of Amazon Bedrock: its runtime is the one AWS API that it may reach. */
  readonly bedrock?: boolean | undefined;
};

/** Overrides of the default limits. */
export type EgressPolicy = {
  readonly ports?: readonly number[];
  /** Maximum size of the decompressed body. */
  readonly maxBytes?: number;
  /** Maximum time until the response headers. */
  readonly headersMs?: number;
  readonly idleMs?: number;
};

export type EgressResponse = {
  readonly status: number;
  /** Lower-case header names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
};

/** Body as a stream for a single reader. Ending the iteration early closes the connection. */
export type EgressStream = Omit<EgressResponse, 'body'> & { readonly body: AsyncIterable<Uint8Array> };

export type Egress = {
  /**
   * @throws {AppError} `egress_refused` by the guard, `upstream_unreachable`, `upstream_timeout`, or
   * `upstream_malformed` for a response that is too large, a redirect or incomplete
   */
  readonly send: (request: EgressRequest, policy?: EgressPolicy) => Promise<EgressResponse>;
  /**
   * Streaming variant; reading the body fails with the same errors. The body must be read or the request aborted: until
   * then, or until the deadline, the connection stays open.
   */
  readonly stream: (request: EgressRequest, policy?: EgressPolicy) => Promise<EgressStream>;
};

export type Guard = Egress & {
  /**
   * @throws {AppError} `egress_refused` if the URL alone violates a rule; the resolved address is checked on each
   * connection
   */
  readonly check: (url: string) => void;
};
