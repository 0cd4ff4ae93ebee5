// Output of the functions, in place of their log groups.
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

import type { ResourceType } from '#local/cloudformation/resource-type.ts';

export type LogLine = { readonly functionName: string; readonly line: string };

export type FunctionLogs = {
  readonly type: ResourceType;
  readonly add: (functionName: string, line: string) => void;
  readonly follow: (functionName: string, output: Readable) => void;
  readonly all: () => readonly LogLine[];
};

const LIMIT = 50_000;

/** Keeps the newest lines and hands each to `log`. */
export function createFunctionLogs(log: (line: string) => void = () => {}): FunctionLogs {
  let lines: LogLine[] = [];
  const add = (functionName: string, line: string): void => {
    lines.push({ functionName, line });
    if (lines.length > 2 * LIMIT) lines = lines.slice(-LIMIT);
    log(`${functionName} ${line}`);
  };
  return {
    add,
    follow(functionName, output) {
      createInterface({ input: output }).on('line', (line) => add(functionName, line));
    },
    all: () => lines,
    type: {
      honours: ['LogGroupName'],
      ignores: {
        RetentionInDays: 'lines live as long as the stack runs',
        KmsKeyId: 'lines are held in memory',
        DataProtectionPolicy: 'masking happens in CloudWatch',
        LogGroupClass: 'a price',
        Tags: 'no billing',
      },
      create({ physicalName, properties, site }) {
        const name = typeof properties.LogGroupName === 'string' ? properties.LogGroupName : physicalName;
        return {
          ref: name,
          attributes: { Arn: `arn:aws:logs:${site.region}:${site.account}:log-group:${name}:*` },
        };
      },
    },
  };
}
