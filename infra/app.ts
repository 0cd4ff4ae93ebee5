// Entry point of `cdk`: `-c stage=local|dev|prod`.
import { fileURLToPath } from 'node:url';

import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';

import { stageConfig } from './config.ts';
import { addStage } from './stacks.ts';

// oxlint-disable-next-line node/no-process-env -- the CDK command line passes the account only this way
const { CDK_DEFAULT_ACCOUNT, CDK_DEFAULT_REGION, CDK_VALIDATION } = process.env;

const app = new App({ analyticsReporting: false, treeMetadata: false });
const named = ['stage', 'issuer', 'domainName', 'certificateArn', 'webOrigin', 'redirectUris', 'vaultKeys'];
const context = Object.fromEntries(named.map((name) => [name, app.node.tryGetContext(name) as unknown]));
const config = stageConfig(context, { account: CDK_DEFAULT_ACCOUNT, region: CDK_DEFAULT_REGION });

addStage(app, { config, dist: fileURLToPath(new URL('../dist', import.meta.url)) });
if (CDK_VALIDATION !== 'false') {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
}
app.synth();
