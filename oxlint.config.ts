// Style and layer rules. `layers` is the architecture: for each folder, what it must not import.
import { defineConfig } from 'oxlint';

const above = [
  '#functions/**',
  '#infra/**',
  '#local/**',
  '#test/**',
  '#scripts/**',
  'aws-cdk-lib',
  'aws-cdk-lib/**',
  'aws-lambda',
];
const aws = ['@aws-sdk/**', '@smithy/**', '#shared/aws/**'];
const mcp = ['@modelcontextprotocol/**'];
const root = ['#shared/services/**', '#shared/composition/**'];

const features = ['account', 'auth', 'vault', 'audit', 'egress', 'todo', 'notices', 'limits', 'idempotency'];
const apart = (self: string) =>
  features.filter((other) => other !== self).map((other) => `#shared/${other}/**`);
const shared = [...above, ...aws, ...mcp, ...root];

const layers: Record<string, string[]> = {
  'shared/**': shared,
  'shared/core/**': ['#*/**', '@*/**'],
  ...Object.fromEntries(features.map((self) => [`shared/${self}/**`, [...shared, ...apart(self)]])),
  'shared/crypto/**': [...shared, ...features.map((feature) => `#shared/${feature}/**`)],
  'shared/providers/**': [
    ...shared,
    '#shared/tools/**',
    '#shared/mcp/**',
    '#shared/todo/**',
    '#shared/registered-tools/**',
  ],
  'shared/tools/**': [
    ...shared,
    '#shared/vault/**',
    '#shared/egress/**',
    '#shared/crypto/**',
    '#shared/registered-tools/**',
  ],
  // Calls what registered tools stand for, so it speaks MCP too, as a client.
  'shared/registered-tools/**': [...above, ...aws, ...root, '#shared/mcp/**', '#shared/crypto/**'],
  'shared/mcp/**': [...above, ...aws, ...root, '#shared/vault/**'],
  'shared/aws/**': [...above, ...mcp, ...root],
  'shared/services/**': [...above, ...aws, ...mcp, '#shared/mcp/**', '#shared/composition/**'],
  'shared/composition/**': [...above, ...mcp, '#shared/mcp/**'],
  'functions/**': ['#infra/**', '#local/**', '#test/**', 'aws-cdk-lib', 'aws-cdk-lib/**', ...aws, ...mcp],
  'infra/**': [
    '#shared/**',
    '#local/**',
    '#test/**',
    '#functions/**',
    '!#functions/routes.ts',
    '!#functions/events.ts',
    '!#functions/needs.ts',
    '!#functions/need-row.ts',
    '@aws-sdk/**',
  ],
  'local/**': [
    '#functions/**',
    '#shared/**',
    '#infra/**',
    '#test/**',
    '#scripts/**',
    'aws-cdk-lib',
    'aws-cdk-lib/**',
  ],
};

const noUpwards = { regex: '^\\.\\./', message: 'Use ./ inside a folder and # across folders.' };
const gcm = ['createCipheriv', 'createDecipheriv'];
const network = ['http', 'https', 'net', 'tls', 'http2', 'dgram', 'undici'].flatMap((name) => [
  name,
  `node:${name}`,
]);

type Restricted = [
  'error',
  {
    paths: { name: string; importNames?: string[]; message: string }[];
    patterns: { regex?: string; group?: string[]; message: string }[];
  },
];

function restricted(files: string, group: string[]): Restricted {
  const ciphers = files.startsWith('shared/') && files !== 'shared/crypto/**';
  const sockets = /^(shared|functions)\//.test(files) && files !== 'shared/egress/**';
  return [
    'error',
    {
      paths: [
        ...(ciphers
          ? [{ name: 'node:crypto', importNames: gcm, message: 'Ciphers live in shared/crypto.' }]
          : []),
        ...(sockets
          ? network.map((name) => ({ name, message: 'Every byte leaves through shared/egress.' }))
          : []),
      ],
      patterns: [noUpwards, { group, message: `${files} may not import this: see oxlint.config.ts.` }],
    },
  ];
}

export default defineConfig({
  plugins: ['typescript', 'import', 'unicorn', 'node', 'promise', 'vitest'],
  categories: { correctness: 'error', suspicious: 'error' },
  ignorePatterns: ['cdk.out', 'dist', '.local'],
  rules: {
    complexity: ['error', 10],
    'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
    'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
    'max-params': ['error', 3],
    'no-console': 'error',
    'import/no-cycle': 'error',
    'import/no-default-export': 'error',
    'import/no-named-as-default': 'off',
    'import/no-named-as-default-member': 'off',
    'import/no-unassigned-import': 'off',
    'node/no-process-env': 'error',
    'no-await-in-loop': 'off',
    // A cause may quote a request or a key, and whatever is thrown may be logged: see AppError.
    'preserve-caught-error': 'off',
    'no-underscore-dangle': 'off',
    'typescript/consistent-type-imports': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/no-unsafe-type-assertion': 'off',
    'typescript/switch-exhaustiveness-check': 'error',
    'unicorn/filename-case': ['error', { case: 'kebabCase' }],
    'unicorn/no-array-callback-reference': 'off',
    'no-restricted-imports': ['error', { patterns: [noUpwards] }],
  },
  overrides: [
    ...Object.entries(layers).map(([files, group]) => ({
      files: [files],
      rules: { 'no-restricted-imports': restricted(files, group) },
    })),
    {
      files: ['shared/**', 'functions/**'],
      rules: { 'no-restricted-globals': ['error', 'fetch', 'WebSocket', 'EventSource'] },
    },
    {
      files: ['test/**'],
      rules: {
        'max-lines': 'off',
        'max-lines-per-function': 'off',
        'max-params': 'off',
        'node/no-process-env': 'off',
        // it takes describe.skipIf(condition) for a description
        'vitest/valid-title': 'off',
        'vitest/valid-describe-callback': 'off',
      },
    },
    { files: ['infra/**'], rules: { 'no-new': 'off' } },
    // Tables of data: one table in one file.
    {
      files: ['functions/{routes,events,needs}.ts', 'functions/openapi/{responses,route-docs}.ts'],
      rules: { 'max-lines': 'off' },
    },
    {
      files: ['examples/**', 'local/**', 'scripts/**'],
      rules: { 'typescript/no-misused-promises': 'off', 'no-console': 'off', 'node/no-process-env': 'off' },
    },
    { files: ['shared/core/env.ts'], rules: { 'node/no-process-env': 'off' } },
    { files: ['*.config.ts'], rules: { 'import/no-default-export': 'off' } },
  ],
});
