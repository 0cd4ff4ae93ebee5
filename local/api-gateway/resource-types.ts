// CloudFormation's AWS::ApiGateway::* → the draft of the one REST API, and its stage.
import { createHash } from 'node:crypto';

import type * as z from 'zod';

import type {
  Created,
  ResourceRequest,
  ResourceType,
  ResourceTypes,
} from '#local/cloudformation/resource-type.ts';

import {
  Authorizer,
  GatewayResponse,
  Method,
  Model,
  Resource,
  RestApi,
  Stage,
  Validator,
} from './api-definition.ts';
import { addResource, createDraft, type Draft, type Snapshot, snapshotDraft } from './api-draft.ts';
import { compileModel } from './json-schema.ts';
import { checkMock } from './mock-integration.ts';

export type DeployedStage = {
  readonly apiId: string;
  readonly stage: Stage;
  readonly snapshot: Snapshot;
};

export type ApiResources = {
  readonly types: ResourceTypes;
  readonly deployedStage: () => DeployedStage | undefined;
};

/** Stable across starts for an unchanged template. */
const stableId = (seed: string, length: number): string =>
  BigInt(`0x${createHash('sha256').update(seed).digest('hex')}`)
    .toString(36)
    .slice(0, length);

type Part<T> = {
  readonly schema: z.ZodType<T>;
  /** Property names, where they cannot be read from a refined schema. */
  readonly honours: readonly string[];
  readonly ignores?: Readonly<Record<string, string>>;
  readonly create: (properties: T, request: ResourceRequest) => Created;
};

const resourceType = <T>({ schema, honours, ignores, create }: Part<T>): ResourceType => ({
  honours,
  ...(ignores === undefined ? {} : { ignores }),
  create: (request) => create(schema.parse(request.properties), request),
});

const DOCUMENTATION = 'documentation';

type State = { api?: Draft; stage?: DeployedStage };

export function createApiResources(): ApiResources {
  const state: State = {};
  function requireDraft({ RestApiId }: { RestApiId: string }): Draft {
    if (state.api?.id !== RestApiId) throw new Error(`No REST API ${RestApiId}.`);
    return state.api;
  }
  return {
    types: {
      'AWS::ApiGateway::RestApi': restApiType(state),
      'AWS::ApiGateway::Stage': stageType(state, requireDraft),
      ...routing(requireDraft),
      ...guards(requireDraft),
      'AWS::ApiGateway::Account': {
        honours: [],
        ignores: { CloudWatchRoleArn: 'no CloudWatch' },
        create: ({ physicalName }) => ({ ref: physicalName, attributes: { Id: physicalName } }),
      },
    },
    deployedStage: () => state.stage,
  };
}

const restApiType = (state: State): ResourceType =>
  resourceType({
    schema: RestApi,
    honours: ['Name'],
    ignores: {
      ApiKeySourceType: 'API keys are not supported; a method that requires one fails the start',
      Description: DOCUMENTATION,
      DisableExecuteApiEndpoint: 'the API has one address',
      EndpointAccessMode: 'no TLS on loopback',
      EndpointConfiguration: 'one region',
      MinimumCompressionSize: 'responses are not compressed on loopback',
      SecurityPolicy: 'no TLS on loopback',
      Tags: DOCUMENTATION,
    },
    create(_api, { physicalName }) {
      if (state.api !== undefined) throw new Error(`${physicalName}: only one REST API is supported.`);
      const rootId = stableId(`${physicalName}/`, 10);
      state.api = createDraft(stableId(physicalName, 10), rootId);
      return { ref: state.api.id, attributes: { RestApiId: state.api.id, RootResourceId: rootId } };
    },
  });

const stageType = (state: State, requireDraft: DraftOf): ResourceType =>
  resourceType({
    schema: Stage,
    honours: Object.keys(Stage.shape),
    ignores: {
      AccessLogSetting: 'no access log',
      Description: DOCUMENTATION,
      Tags: DOCUMENTATION,
      TracingEnabled: 'no tracing',
    },
    create(stage) {
      const { id: apiId, deployments } = requireDraft(stage);
      const snapshot = deployments.get(stage.DeploymentId);
      if (snapshot === undefined) throw new Error(`No deployment ${stage.DeploymentId}.`);
      if (state.stage !== undefined) throw new Error(`${stage.StageName}: only one stage is supported.`);
      state.stage = { apiId, stage, snapshot };
      return { ref: stage.StageName };
    },
  });

type DraftOf = (properties: { RestApiId: string }) => Draft;

function routing(requireDraft: DraftOf): ResourceTypes {
  return {
    'AWS::ApiGateway::Resource': resourceType({
      schema: Resource,
      honours: ['RestApiId', 'ParentId', 'PathPart'],
      create(properties, { physicalName }) {
        const id = stableId(physicalName, 6);
        addResource(requireDraft(properties), {
          id,
          parentId: properties.ParentId,
          part: properties.PathPart,
        });
        return { ref: id, attributes: { ResourceId: id } };
      },
    }),
    'AWS::ApiGateway::Method': resourceType({
      schema: Method,
      honours: Object.keys(Method.shape),
      ignores: { OperationName: DOCUMENTATION },
      create(method, { physicalName }) {
        const draft = requireDraft(method);
        const resource = draft.resources.get(method.ResourceId);
        if (resource === undefined) throw new Error(`${physicalName}: no resource ${method.ResourceId}.`);
        if (method.Integration.Type === 'MOCK') checkMock(physicalName, method, method.Integration);
        draft.methods.push({ resource, method });
        return { ref: stableId(physicalName, 10) };
      },
    }),
    'AWS::ApiGateway::Deployment': resourceType({
      schema: Resource.pick({ RestApiId: true }),
      honours: ['RestApiId'],
      ignores: { Description: DOCUMENTATION },
      create(properties, { physicalName }) {
        const draft = requireDraft(properties);
        const id = stableId(physicalName, 6);
        draft.deployments.set(id, snapshotDraft(draft));
        return { ref: id, attributes: { DeploymentId: id } };
      },
    }),
  };
}

function guards(requireDraft: DraftOf): ResourceTypes {
  return {
    'AWS::ApiGateway::Authorizer': resourceType({
      schema: Authorizer,
      honours: Object.keys(Authorizer.shape),
      ignores: { AuthType: 'used by import and export only' },
      create(authorizer, { physicalName }) {
        const id = stableId(physicalName, 6);
        requireDraft(authorizer).authorizers.set(id, authorizer);
        return { ref: id, attributes: { AuthorizerId: id } };
      },
    }),
    'AWS::ApiGateway::GatewayResponse': resourceType({
      schema: GatewayResponse,
      honours: Object.keys(GatewayResponse.shape),
      create(response, { physicalName }) {
        requireDraft(response).gatewayResponses.set(response.ResponseType, response);
        const id = stableId(physicalName, 10);
        return { ref: id, attributes: { Id: id } };
      },
    }),
    'AWS::ApiGateway::Model': resourceType({
      schema: Model,
      honours: Object.keys(Model.shape),
      ignores: { Description: DOCUMENTATION },
      create(model, { physicalName }) {
        const name = model.Name ?? physicalName.replaceAll(/[^A-Za-z0-9]/g, '');
        requireDraft(model).models.set(name, compileModel(name, model.Schema));
        return { ref: name };
      },
    }),
    'AWS::ApiGateway::RequestValidator': resourceType({
      schema: Validator,
      honours: Object.keys(Validator.shape),
      ignores: { Name: DOCUMENTATION },
      create(validator, { physicalName }) {
        const id = stableId(physicalName, 6);
        requireDraft(validator).validators.set(id, validator);
        return { ref: id, attributes: { RequestValidatorId: id } };
      },
    }),
  };
}
