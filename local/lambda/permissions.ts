// Resource policies of functions: principals outside the account's roles that may invoke them.
import * as z from 'zod';

import type { ResourceRequest, ResourceType } from '#local/cloudformation/resource-type.ts';

import { arnLike } from './arn-like.ts';

export type InvokeRequest = {
  readonly functionArn: string;
  /** `apigateway.amazonaws.com`, `events.amazonaws.com`. */
  readonly principal: string;
  readonly sourceArn: string;
};

export type Permissions = {
  readonly type: ResourceType;
  readonly mayInvoke: (request: InvokeRequest) => boolean;
};

const Properties = z.object({
  Action: z.string(),
  FunctionName: z.string(),
  Principal: z.string(),
  SourceArn: z.string().optional(),
  SourceAccount: z.string().optional(),
});
type Grant = z.output<typeof Properties>;

const names = (grant: Grant, functionArn: string): boolean =>
  grant.FunctionName === functionArn || functionArn.endsWith(`:function:${grant.FunctionName}`);

const covers = ({ SourceArn, SourceAccount }: Grant, sourceArn: string): boolean =>
  (SourceArn === undefined || arnLike(SourceArn, sourceArn)) &&
  (SourceAccount === undefined || sourceArn.split(':')[4] === SourceAccount);

export function createPermissions(): Permissions {
  const grants: Grant[] = [];
  return {
    type: {
      honours: ['Action', 'FunctionName', 'Principal', 'SourceArn', 'SourceAccount'],
      create(request: ResourceRequest) {
        grants.push(Properties.parse(request.properties));
        return { ref: request.physicalName, attributes: { Id: request.physicalName } };
      },
    },
    mayInvoke: ({ functionArn, principal, sourceArn }) =>
      grants.some(
        (grant) =>
          ['lambda:InvokeFunction', 'lambda:*'].includes(grant.Action) &&
          grant.Principal === principal &&
          names(grant, functionArn) &&
          covers(grant, sourceArn),
      ),
  };
}
