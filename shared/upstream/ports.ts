// What a call of a registered tool is made with.
import type { Principal } from '#shared/auth/principal.ts';
import type { Uid } from '#shared/core/ids.ts';
import type { Secret } from '#shared/core/secret.ts';
import type { Egress } from '#shared/egress/egress.ts';
import type { Credential, Definition, RegisteredTool } from '#shared/tools/registered.ts';
import type { KeyReceipt } from '#shared/tools/tool.ts';

/** Port: the vault, as far as one call goes. */
export type Credentials = {
  /**
   * The caller's own key of the provider `x-<alias>`, for one call to the origin it was stored for.
   * @throws {AppError} `key_missing`, `key_frozen`, `key_expired`, `key_invalid`; `wrong_provider` for another origin
   */
  readonly use: (request: {
    readonly owner: Uid;
    readonly alias: string;
    readonly origin: string;
    /** Told before the key is opened. */
    readonly onUse: (key: KeyReceipt) => void;
  }) => Promise<Secret>;
};

export type UpstreamPorts = {
  readonly egress: Egress;
  readonly credentials: Credentials;
  /** Durable, with its record, before the call that found it is refused. */
  readonly quarantine: (
    tool: RegisteredTool,
    drift: NonNullable<RegisteredTool['drift']>,
    call: { readonly principal: Principal; readonly requestId: string },
  ) => Promise<void>;
};

/** A tool as its source describes it, or why it cannot be one. */
export type Offered = { readonly upstreamName: string } & (
  | { readonly definition: Definition }
  | { readonly reason: string }
);

/** Under which name a key for these tools is stored. */
export const providerOf = (alias: string): string => `x-${alias}`;

/** The header that shows the caller's key. */
export const shownAs = ({ header, prefix }: Credential, secret: Secret): Record<string, string> => ({
  [header.toLowerCase()]: `${prefix}${secret.reveal()}`,
});

export const intentOf = ({ alias, name }: Pick<RegisteredTool, 'alias' | 'name'>) => ({
  provider: providerOf(alias),
  model: name,
});
