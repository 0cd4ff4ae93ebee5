// Output of the functions, by line.
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export type LogLine = { readonly functionName: string; readonly line: string };

export type FunctionLogs = {
  readonly add: (functionName: string, line: string) => void;
  readonly follow: (functionName: string, output: Readable) => void;
  readonly all: () => readonly LogLine[];
};

const LIMIT = 50_000;

/** Keeps the newest lines and hands each to `onLine`. */
export function createFunctionLogs(onLine: (functionName: string, line: string) => void): FunctionLogs {
  let lines: LogLine[] = [];
  const add = (functionName: string, line: string): void => {
    lines.push({ functionName, line });
    if (lines.length > 2 * LIMIT) lines = lines.slice(-LIMIT);
    onLine(functionName, line);
  };
  return {
    add,
    follow(functionName, output) {
      createInterface({ input: output }).on('line', (line) => add(functionName, line));
    },
    all: () => lines,
  };
}
