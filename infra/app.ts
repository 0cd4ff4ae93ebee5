// Entry point of `cdk`: `-c stage=local|dev|prod`, and the values in stages/<stage>.json.
import { fileURLToPath } from 'node:url';

import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';

import { stageConfig, stageName } from './config.ts';
import { readStageFile, StageFile } from './stage-file.ts';
import { addStage } from './stacks.ts';

// oxlint-disable-next-line node/no-process-env -- the CDK command line passes the account only this way
const { CDK_DEFAULT_ACCOUNT, CDK_DEFAULT_REGION, CDK_VALIDATION } = process.env;

const app = new App({ analyticsReporting: false, treeMetadata: false });
const contextOf = (name: string): unknown => app.node.tryGetContext(name);

const stage = stageName(contextOf('stage'));
for (const name of [...Object.keys(StageFile.shape), 'domainName', 'certificateArn'])
  if (contextOf(name) !== undefined)
    throw new Error(`-c ${name} has no effect. Set its value in stages/${stage}.json.`);

/** Another file than that of the stage: for values outside of this repository, and for tests. */
const stageFile = contextOf('stageFile');
const path =
  typeof stageFile === 'string'
    ? stageFile
    : fileURLToPath(new URL(`../stages/${stage}.json`, import.meta.url));
const config = stageConfig(stage, readStageFile(path), {
  account: CDK_DEFAULT_ACCOUNT,
  region: CDK_DEFAULT_REGION,
});

addStage(app, { config, dist: fileURLToPath(new URL('../dist', import.meta.url)) });
if (CDK_VALIDATION !== 'false') {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
}
app.synth();
