// The API under construction, from the resources created so far.
import type { ValidateFunction } from 'ajv';

import type { Authorizer, GatewayResponse, Method, Validator } from './api-definition.ts';

export type ResourceNode = { readonly id: string; readonly path: string };
export type MethodNode = { readonly resource: ResourceNode; readonly method: Method };

/** The content of a deployment: later resources are not in it, as on AWS. */
export type Snapshot = {
  readonly methods: readonly MethodNode[];
  readonly authorizers: ReadonlyMap<string, Authorizer>;
  readonly gatewayResponses: ReadonlyMap<string, GatewayResponse>;
  readonly models: ReadonlyMap<string, ValidateFunction>;
  readonly validators: ReadonlyMap<string, Validator>;
};

export type Draft = {
  readonly id: string;
  readonly resources: Map<string, ResourceNode>;
  readonly methods: MethodNode[];
  readonly authorizers: Map<string, Authorizer>;
  readonly gatewayResponses: Map<string, GatewayResponse>;
  readonly models: Map<string, ValidateFunction>;
  readonly validators: Map<string, Validator>;
  readonly deployments: Map<string, Snapshot>;
};

export const createDraft = (id: string, rootId: string): Draft => ({
  id,
  resources: new Map([[rootId, { id: rootId, path: '/' }]]),
  methods: [],
  authorizers: new Map(),
  gatewayResponses: new Map(),
  models: new Map(),
  validators: new Map(),
  deployments: new Map(),
});

export const snapshotDraft = (draft: Draft): Snapshot => ({
  methods: [...draft.methods],
  authorizers: new Map(draft.authorizers),
  gatewayResponses: new Map(draft.gatewayResponses),
  models: new Map(draft.models),
  validators: new Map(draft.validators),
});

/** One `{param}` per parent, `{proxy+}` only at the end: AWS rejects anything else at deploy time. */
export function addResource(draft: Draft, node: { id: string; parentId: string; part: string }): void {
  const parent = draft.resources.get(node.parentId);
  if (parent === undefined) throw new Error(`Resource ${node.part}: no parent ${node.parentId}`);
  if (parent.path.endsWith('+}')) throw new Error(`Resource ${node.part}: nothing can follow ${parent.path}`);
  const path = `${parent.path === '/' ? '' : parent.path}/${node.part}`;
  const isTaken = [...draft.resources.values()].some((other) => other.path === path);
  if (isTaken) throw new Error(`Another resource with the same parent already has this name: ${path}`);
  draft.resources.set(node.id, { id: node.id, path });
}
