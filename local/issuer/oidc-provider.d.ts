// Types of the parts that the local issuer uses; the package ships none.
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  export type InteractionDetails = {
    readonly uid: string;
    readonly params: { readonly client_id: string; readonly scope?: string };
    readonly prompt: { readonly name: string };
    readonly session?: { readonly accountId: string };
  };

  export type Grant = {
    addOIDCScope(scope: string): void;
    addResourceScope(resource: string, scope: string): void;
    rejectOIDCScope(scope: string): void;
    rejectResourceScope(resource: string, scope: string): void;
    save(): Promise<string>;
  };

  // oxlint-disable-next-line import/no-default-export
  export default class Provider {
    constructor(issuer: string, configuration: object);
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<InteractionDetails>;
    interactionFinished(
      request: IncomingMessage,
      response: ServerResponse,
      ...result: [result: object, options?: { mergeWithLastSubmission?: boolean }]
    ): Promise<void>;
    readonly Grant: new (owner: {
      accountId: string;
      clientId: string;
    }) => Grant;
    on(event: string, listener: (...details: unknown[]) => void): this;
  }

  export const errors: {
    readonly InvalidTarget: new () => Error;
    readonly SessionNotFound: new (...details: unknown[]) => Error;
  };
}
