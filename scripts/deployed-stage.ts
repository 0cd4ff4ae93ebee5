// A stage on AWS, as its stacks describe it. Credentials and Region come from the environment, as for the AWS command line.
import { fileURLToPath } from 'node:url';

import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';

import { readStageFile } from '#infra/stage-file.ts';

const STAGES = ['dev', 'prod'];

export type StackOutputs = Readonly<Record<string, string>>;
type Part = 'Api' | 'Identity' | 'Audit';

/** @throws {Error} for a stage that is not deployed on AWS */
export function checkStage(stage: string): void {
  if (!STAGES.includes(stage)) throw new Error(`There is no stage ${stage} on AWS: ${STAGES.join(', ')}.`);
}

/** Region of the stage's file, else that of the environment. */
export function clientOptions(stage: string): { region?: string } {
  const { region } = readStageFile(fileURLToPath(new URL(`../stages/${stage}.json`, import.meta.url)));
  return region === undefined ? {} : { region };
}

const REGION_MISSING = 'No Region is known. Set `region` in the file of the stage, or AWS_REGION.';

/** @throws {Error} if the stack does not exist */
export async function stackOutputs(stage: string, part: Part): Promise<StackOutputs> {
  const StackName = `Portunus-${stage}-${part}`;
  const client = new CloudFormationClient(clientOptions(stage));
  const { Stacks = [] } = await client
    .send(new DescribeStacksCommand({ StackName }))
    .catch((error: Error) => {
      throw error.message === 'Region is missing' ? new Error(REGION_MISSING) : error;
    });
  const outputs = Stacks[0]?.Outputs ?? [];
  return Object.fromEntries(
    outputs.map(({ OutputKey = '', OutputValue = '' }): [string, string] => [OutputKey, OutputValue]),
  );
}

/** @throws {Error} naming the output that the stack lacks, as one of an older release does */
export function outputNamed(outputs: StackOutputs, name: string): string {
  const value = outputs[name];
  if (value !== undefined) return value;
  throw new Error(`The stack has no output ${name}. Deploy this release first.`);
}

/** Address of the stage that a command names, without a slash at the end. @throws {Error} unless it names one, in one way */
export async function addressOf({ stage, url }: { stage?: string; url?: string }): Promise<string> {
  if (stage !== undefined && url === undefined) {
    checkStage(stage);
    return outputNamed(await stackOutputs(stage, 'Api'), 'Url');
  }
  if (stage === undefined && url !== undefined) return url.replace(/\/$/, '');
  throw new Error('Name a --stage or a --url. --help shows all options.');
}
