// What a local part must say to stand in for a CloudFormation resource type.

/** Account, region and partition of the emulated stage: what `cdk synth` wrote into the assembly's environment. */
export type Site = { readonly account: string; readonly region: string };

export type ResourceRequest = {
  readonly site: Site;
  readonly stack: string;
  readonly logicalId: string;
  /** `<stack>-<logicalId>` unless the template names the resource: the same at every start. */
  readonly physicalName: string;
  /** Properties after intrinsics. Only names in `honours` and `ignores` ever arrive here. */
  readonly properties: Readonly<Record<string, unknown>>;
};

/** What `Ref` and `Fn::GetAtt` answer for the new resource. */
export type Created = {
  readonly ref: string;
  readonly attributes?: Readonly<Record<string, string | readonly string[]>>;
};

export type ResourceType = {
  /** Properties this part really copies. */
  readonly honours: readonly string[];
  /** Properties without meaning on one machine, each with the reason. Any other property stops the start by its name. */
  readonly ignores?: Readonly<Record<string, string>>;
  readonly create: (request: ResourceRequest) => Created | Promise<Created>;
};

/** By CloudFormation type name, as in `AWS::KMS::Key`. */
export type ResourceTypes = Readonly<Record<string, ResourceType>>;
