// One stage → its stacks.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { App, Stack } from 'aws-cdk-lib';

import { ApiStack } from './api-stack.ts';
import { AuditStack } from './audit-stack.ts';
import type { StageConfig } from './config.ts';
import { DataStack } from './data-stack.ts';
import { IdentityStack } from './identity-stack.ts';
import { OpsStack } from './ops-stack.ts';

export type StageInput = {
  readonly config: StageConfig;
  /** Output of the bundle script: `functions/<name>/index.js` and `request-models.json`. */
  readonly dist: string;
};

export function addStage(app: App, { config, dist }: StageInput): readonly Stack[] {
  const name = (part: string) => `Portunus-${config.stage}-${part}`;
  // CloudFormation applies a stack's tags to its resources, so the templates contain none.
  const props = { env: config.env, tags: { project: 'portunus', stage: config.stage } };
  const common = { ...props, config };
  const bundles = join(dist, 'functions');

  const data = new DataStack(app, name('Data'), common);
  const identity = config.issuer === 'cognito' ? new IdentityStack(app, name('Identity'), common) : undefined;
  const api = new ApiStack(app, name('Api'), {
    ...common,
    data,
    identity,
    bundles,
    requestModels: requestModels(dist),
  });
  const audit = new AuditStack(app, name('Audit'), {
    ...props,
    site: { config, data, bundles },
  });
  audit.addStackDependency(api, 'its log group'); // named, not imported
  const ops = new OpsStack(app, name('Ops'), common);
  ops.addStackDependency(audit, 'its topic'); // named, not imported
  return [data, ...(identity ? [identity] : []), api, audit, ops];
}

function requestModels(dist: string): Record<string, object> {
  const file = join(dist, 'request-models.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, object>) : {};
}
