// The functions of the template, each with its pool of instances.
import { randomBytes } from 'node:crypto';

import type { ResourceType, Site } from '#local/cloudformation/resource-type.ts';

import { createCodeAssets } from './code-assets.ts';
import { type Credentials, instanceEnvironment } from './environment.ts';
import { type FunctionConfig, parseFunctionConfig } from './function-config.ts';
import { LambdaRejection } from './function-error.ts';
import type { FunctionLogs } from './function-logs.ts';
import { type Instance, type InstanceHooks, startInstance } from './instance.ts';
import { createPool, type Pool } from './pool.ts';
import { type OrphanReaper, startOrphanReaper } from './orphan-reaper.ts';

export type DeploymentOptions = {
  readonly site: Site;
  /** Folder of the synthesised assembly: code assets are looked up there. */
  readonly assembly: string;
  readonly credentialsFor: (roleArn: string, sessionName: string) => Credentials;
  /** AWS_ENDPOINT_URL_* of every function. */
  readonly endpoints: Readonly<Record<string, string>>;
  /** Stops each process between two events, as AWS does. */
  readonly freeze?: boolean;
  /** Instances of one function at a time, where the template reserves no number. */
  readonly maxInstances?: number;
  /** Folder in which Node keeps compiled code of the functions: new instances start sooner. */
  readonly compileCache?: string;
};

type Deployed = { readonly config: FunctionConfig; readonly pool: Pool };

export type Deployments = {
  readonly type: ResourceType;
  readonly find: (nameOrArn: string) => Deployed;
  readonly all: () => readonly FunctionConfig[];
  readonly stop: () => Promise<void>;
};

const HONOURS = [
  'Code',
  'Runtime',
  'Handler',
  'Role',
  'FunctionName',
  'Environment',
  'MemorySize',
  'Timeout',
  'ReservedConcurrentExecutions',
  'LoggingConfig',
];
const IGNORES = {
  Architectures: 'the bundles are JavaScript',
  Description: 'documentation',
  EphemeralStorage: 'the file system of this machine',
  KmsKeyArn: 'variables are never stored here',
  RecursiveLoop: 'the local bus has bounded retries',
  Tags: 'no billing',
  TracingConfig: 'no tracing',
};

export function createDeployments(options: DeploymentOptions, logs: FunctionLogs): Deployments {
  const deployed = new Map<string, Deployed>();
  const watch = createWatch();
  const surroundings = {
    assetFolder: createCodeAssets(options.assembly),
    maxInstances: options.maxInstances ?? 50,
  };

  function create(config: FunctionConfig): Deployed {
    const pool = createPool({
      maxInstances: config.maxInstances,
      start: (hooks) => start(config, { options, logs, hooks }),
      onStart: (instance) => watch.add(instance),
      onExit: (instance) => watch.remove(instance),
    });
    return { config, pool };
  }

  return {
    type: {
      honours: HONOURS,
      ignores: IGNORES,
      create(request) {
        const config = parseFunctionConfig(request, surroundings);
        deployed.set(config.name, create(config));
        return { ref: config.name, attributes: { Arn: config.arn } };
      },
    },
    find(nameOrArn) {
      const name = /:function:([^:]+)/.exec(nameOrArn)?.[1] ?? nameOrArn;
      const found = deployed.get(name);
      if (found !== undefined) return found;
      throw new LambdaRejection('ResourceNotFoundException', `Function not found: ${name}`);
    },
    all: () => [...deployed.values()].map(({ config }) => config),
    async stop() {
      await Promise.all([...deployed.values()].map(({ pool }) => pool.stop()));
      watch.stop();
    },
  };
}

type Around = {
  readonly options: DeploymentOptions;
  readonly logs: FunctionLogs;
  readonly hooks: InstanceHooks;
};

function start(config: FunctionConfig, { options, logs, hooks }: Around): Promise<Instance> {
  const { site, endpoints, credentialsFor, freeze = false, compileCache } = options;
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '/');
  const logStream = `${day}/[$LATEST]${randomBytes(16).toString('hex')}`;
  const credentials = credentialsFor(config.roleArn, config.name);
  return startInstance(
    {
      config,
      freeze,
      environment: (runtimeApi) =>
        instanceEnvironment({
          config,
          region: site.region,
          endpoints,
          credentials,
          runtimeApi,
          logStream,
          compileCache,
        }),
      onOutput({ stdout, stderr }) {
        if (stdout !== null) logs.follow(config.name, stdout);
        if (stderr !== null) logs.follow(config.name, stderr);
      },
      onNote: (line) => logs.add(config.name, line),
    },
    hooks,
  );
}

/** Keeps the reaper's list equal to the running processes. */
function createWatch() {
  const living = new Set<Instance>();
  let reaper: OrphanReaper | undefined;
  const updateReaper = (): void => {
    reaper ??= startOrphanReaper();
    reaper.watch([...living].flatMap(({ pid }) => pid() ?? []));
  };
  return {
    add(instance: Instance): void {
      living.add(instance);
      updateReaper();
    },
    remove(instance: Instance): void {
      living.delete(instance);
      updateReaper();
    },
    stop: (): void => reaper?.stop(),
  };
}
