// Plugins that omit from the bundles what the AWS SDK and the MCP packages bring along and no Lambda function uses.
import { readFile } from 'node:fs/promises';

import type { Plugin } from 'esbuild';

type Replacement = {
  readonly module: RegExp;
  readonly by: string;
  /** Default: always. */
  readonly applies?: (importer: string) => boolean;
};

/** The replacement resolves its own imports from the folder of the importing module. */
function replaced(name: string, { module, by, applies = () => true }: Replacement): Plugin {
  return {
    name,
    setup(build) {
      build.onResolve({ filter: module }, ({ path, resolveDir, importer }) =>
        applies(importer) ? { path, namespace: name, pluginData: resolveDir } : undefined,
      );
      build.onLoad({ filter: /.*/, namespace: name }, ({ pluginData }) => ({
        contents: by,
        resolveDir: String(pluginData),
      }));
    },
  };
}

/** Every SDK client imports its package.json, 2 kB, for the version that it sends as its user agent. */
const versionsOnly: Plugin = {
  name: 'versions-only',
  setup(build) {
    build.onLoad({ filter: /node_modules\/@aws-sdk\/[\w-]+\/package\.json$/ }, async ({ path }) => {
      const { version } = JSON.parse(await readFile(path, 'utf8')) as { version: string };
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
  },
};

const NO_VALIDATOR = `export class DefaultJsonSchemaValidator {
    getValidator() { throw new Error('This validator is left out: see scripts/lean-sdk.ts.'); }
  }`;

export const leanSdk: Plugin[] = [
  versionsOnly,
  // Our callers give the MCP client a validator, and the invoke path checks all that the server would check: their own
  // validators, an ajv of 150 kB each, never run.
  replaced('no-validator-of-the-client', {
    module: /^@modelcontextprotocol\/client\/_shims$/,
    by: `export const CORS_IS_POSSIBLE = false; ${NO_VALIDATOR}`,
  }),
  replaced('no-validator-of-the-server', {
    module: /^@modelcontextprotocol\/server\/_shims$/,
    by: `export { default as process } from 'node:process'; ${NO_VALIDATOR}`,
  }),
  // The client signs assertions of its own OAuth sessions with it. Ours has none: each upstream's token comes from the vault.
  replaced('no-client-assertions', {
    module: /^jose$/,
    applies: (importer) => importer.includes('/@modelcontextprotocol/client/'),
    by: "throw new Error('Client assertions are left out: see scripts/lean-sdk.ts.');",
  }),
  // Lambda gives credentials in the environment; the other five sources are 70 kB of unused code.
  replaced('credentials-from-environment', {
    module: /^@aws-sdk\/credential-provider-node$/,
    by: "export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';",
  }),
  // A function has no ~/.aws; a developer's machine may have one, and it must not change what the local stack does.
  replaced('no-configuration-files', {
    module: /\/loadSharedConfigFiles$/,
    by: `export const CONFIG_PREFIX_SEPARATOR = '.';
      export const loadSharedConfigFiles = async () => ({ configFile: {}, credentialsFile: {} });`,
  }),
  // No command of the DynamoDB client uses endpoint discovery; its cache of endpoints is 8 kB.
  replaced('no-endpoint-discovery', {
    module: /^@aws-sdk\/middleware-endpoint-discovery$/,
    by: `const never = () => false;
      export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = {
        environmentVariableSelector: never, configFileSelector: never, default: false,
      };
      export const resolveEndpointDiscoveryConfig = (input) => input;`,
  }),
  // Node always has SHA-256 of its own.
  replaced('no-sha-256-in-javascript', { module: /\/Sha256Js$/, by: 'export const Sha256Js = undefined;' }),
  // The clients retry in the standard mode, which does not limit its rate by itself.
  replaced('no-adaptive-retries', {
    module: /\/util-retry\/AdaptiveRetryStrategy$/,
    by: `export class AdaptiveRetryStrategy {
        constructor() { throw new Error('Adaptive retries are left out: see scripts/lean-sdk.ts.'); }
      }`,
  }),
  // Names a browser's brand in the SDK's user agent.
  replaced('no-browsers', { module: /^bowser$/, by: 'export default {};' }),
  // No service that is called here answers with an event stream. Its import() keeps esbuild from leaving out what is
  // unused of half the SDK. A service that does (Bedrock, Lambda's response streams) fails on the first call. Of S3, which
  // configures them for SelectObjectContent, only that operation fails.
  replaced('no-event-streams', {
    module: /^@smithy\/core\/event-streams$/,
    by: `export class EventStreamSerde {
        constructor() { throw new Error('Event streams are left out: see scripts/lean-sdk.ts.'); }
      }
      export const eventStreamSerdeProvider = () => undefined;
      export const resolveEventStreamSerdeConfig = (config) => config;`,
  }),
];

const leanNamespaces = new Set(leanSdk.map(({ name }) => name));

/** @param input a path in esbuild's graph */
export const isLeanStub = (input: string): boolean => leanNamespaces.has(input.split(':')[0] ?? '');

/** Omits zod's code for JSON Schemas, to which each of its schemas refers. */
export const withoutJsonSchemas = (applies?: () => boolean): Plugin =>
  replaced('no-json-schemas', {
    module: /(json-schema-processors|json-schema-generator|\/to-json-schema)\.js$/,
    ...(applies && { applies }),
    by: `const leftOut = () => { throw new Error('JSON Schemas are left out here: see scripts/bundle-functions.ts.'); };
    const method = () => leftOut;
    export { leftOut as toJSONSchema, leftOut as JSONSchemaGenerator, method as createStandardJSONSchemaMethod, method as createToJSONSchemaMethod };`,
  });
