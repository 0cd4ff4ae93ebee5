// The interface between the provisioner and the emulated services.

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

/** Return values of `Ref` and `Fn::GetAtt` for the new resource. */
export type Created = {
  readonly ref: string;
  readonly attributes?: Readonly<Record<string, string | readonly string[]>>;
};

export type ResourceType = {
  /** Properties this service implements. */
  readonly honours: readonly string[];
  /** Properties without effect locally, each with the reason. Any other property fails the start by name. */
  readonly ignores?: Readonly<Record<string, string>>;
  readonly create: (request: ResourceRequest) => Created | Promise<Created>;
};

/** By CloudFormation type name, as in `AWS::KMS::Key`. */
export type ResourceTypes = Readonly<Record<string, ResourceType>>;
