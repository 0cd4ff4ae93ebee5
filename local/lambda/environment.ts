// Environment variables of an instance: AWS's own and the template's, none of this process.
import type { FunctionConfig } from './function-config.ts';

export type Credentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
};

export type EnvironmentOptions = {
  readonly config: FunctionConfig;
  readonly region: string;
  readonly endpoints: Readonly<Record<string, string>>;
  readonly credentials: Credentials;
  readonly runtimeApi: string;
  readonly logStream: string;
  /** Folder of Node's compile cache; without it nothing is cached, as on AWS. */
  readonly compileCache?: string | undefined;
};

export function instanceEnvironment(options: EnvironmentOptions): Record<string, string> {
  const { config, region, credentials, compileCache } = options;
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    ...config.environment,
    ...options.endpoints,
    ...logging(config),
    ...(compileCache !== undefined && { NODE_COMPILE_CACHE: compileCache }),
    _HANDLER: config.handler,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: config.name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(config.memoryMiB),
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: config.logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: options.logStream,
    AWS_LAMBDA_RUNTIME_API: options.runtimeApi,
    LAMBDA_TASK_ROOT: config.codeFolder,
  };
}

function logging({ logFormat, logLevel }: FunctionConfig): Record<string, string> {
  return {
    AWS_LAMBDA_LOG_FORMAT: logFormat === 'JSON' ? 'JSON' : 'Text',
    ...(logLevel === undefined ? {} : { AWS_LAMBDA_LOG_LEVEL: logLevel }),
  };
}
