// Ports and types for calls of registered tools.
import type { Principal } from '#shared/auth/principal.ts';
import type { Invalidate } from '#shared/cache/store.ts';
import type { Deadline } from '#shared/core/deadline.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import type { Secret } from '#shared/core/secret.ts';
import type { Commit } from '#shared/core/write.ts';
import type { Egress } from '#shared/egress/egress.ts';
import type { Send, UpstreamGuard } from '#shared/resilience/upstream.ts';
import type { Credential, Definition, RegisteredTool } from '#shared/tools/registered.ts';
import type { KeyReceipt, ToolCall } from '#shared/tools/tool.ts';

export type CredentialUse = {
  readonly owner: OwnerId;
  readonly alias: string;
  readonly origin: string;
  readonly requestId: string;
  readonly deadline: Deadline;
  /** Called before the key is opened. */
  readonly onUse: (key: KeyReceipt) => void;
};

/** A question, asked with whichever value is taken. It may be asked again with another, if the first was not known there. */
export type Work<T> = (secret: Secret) => Promise<T>;

/** Port: the vault, as far as one call goes. */
export type Credentials = {
  /**
   * The caller's own key of the provider `x-<alias>`, for one call to the origin it was stored for.
   * @throws {AppError} `key_missing`, `key_frozen`, `key_expired`, `key_invalid`; `wrong_provider` for another origin;
   * `key_rejected` where it cannot be renewed; whatever the work throws
   */
  readonly use: <T>(request: CredentialUse, work: Work<T>) => Promise<T>;
};

export type UpstreamPorts = {
  readonly egress: Egress;
  readonly credentials: Credentials;
  readonly guard: UpstreamGuard;
  /** Durable, with its record, before the call that found it is rejected. */
  readonly quarantine: (
    tool: RegisteredTool,
    drift: NonNullable<RegisteredTool['drift']>,
    call: { readonly principal: Principal; readonly requestId: string },
  ) => Promise<void>;
  readonly invalidateCache: Invalidate;
  /** For writes without an outcome to join. */
  readonly commit: Commit;
  /** Notifies the registrar of a shared tool that another user's key gets a different definition of it, or none. */
  readonly reportMismatch: (tool: RegisteredTool, call: { readonly requestId: string }) => Promise<void>;
};

/** Ports of one call, which is sent through the circuit breaker of its upstream. */
export type CallPorts = Omit<UpstreamPorts, 'guard'> & { readonly send: Send };

/** A tool as its source describes it, or why it cannot be one. */
export type ToolCandidate = { readonly upstreamName: string } & (
  | {
      readonly definition: Definition;
      /** Optional parts that its source describes and that no call can use. */
      readonly omitted?: readonly string[];
    }
  | { readonly reason: string }
);

/** Under which name a key for these tools is stored. */
export const upstreamProvider = (alias: string): string => `x-${alias}`;

type Asking = Pick<ToolCall, 'principal' | 'requestId' | 'deadline' | 'onUse'>;

/** Asks with the caller's own key, where the tool takes one. */
export function withKey<T>(
  { credential, alias, url }: { credential: Credential | undefined; alias: string; url: string },
  { principal, requestId, deadline, onUse, credentials }: Asking & Pick<UpstreamPorts, 'credentials'>,
  work: (secret?: Secret) => Promise<T>,
): Promise<T> {
  if (!credential) return work();
  const { origin } = new URL(url);
  return credentials.use({ owner: principal.ownerId, alias, origin, requestId, deadline, onUse }, work);
}

/** The header that shows the caller's key. */
export const shownAs = ({ header, prefix }: Credential, secret: Secret): Record<string, string> => ({
  [header.toLowerCase()]: `${prefix}${secret.reveal()}`,
});

export const intentOf = ({ alias, name }: Pick<RegisteredTool, 'alias' | 'name'>) => ({
  provider: upstreamProvider(alias),
  model: name,
});
