// Kills what a SIGKILLed host leaves behind, also instances that spin or are frozen and so can't notice.
import { spawn } from 'node:child_process';

export type Reaper = {
  /** The processes to kill should this one die. */
  readonly watch: (pids: Iterable<number>) => void;
  readonly stop: () => void;
};

/** A shell that learns the living pids over its stdin; when that closes, the host is gone. */
const SCRIPT = 'pids=; while read -r line; do pids=$line; done; [ -z "$pids" ] || kill -9 $pids';

export function startReaper(): Reaper {
  // A group of its own: Ctrl-C in the terminal must not end it before the others.
  const shell = spawn('/bin/sh', ['-c', SCRIPT], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env: {},
  });
  shell.unref();
  shell.stdin.on('error', () => {}); // it is gone: nothing left to tell it
  return {
    watch(pids) {
      shell.stdin.write(`${[...pids].join(' ')}\n`);
    },
    stop() {
      shell.stdin.end('\n');
    },
  };
}
