// Kills the instances of a SIGKILLed host, including those that spin or are stopped and cannot exit by themselves.
import { spawn } from 'node:child_process';

export type OrphanReaper = {
  /** Replaces the list of processes to kill when this one dies. */
  readonly watch: (pids: Iterable<number>) => void;
  readonly stop: () => void;
};

/** A shell that reads the current pids from stdin; a closed stdin means that the host has died. */
const SCRIPT = 'pids=; while read -r line; do pids=$line; done; [ -z "$pids" ] || kill -9 $pids';

export function startOrphanReaper(): OrphanReaper {
  // A group of its own: Ctrl-C in the terminal must not end it before the others.
  const shell = spawn('/bin/sh', ['-c', SCRIPT], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env: {},
  });
  shell.unref();
  shell.stdin.on('error', () => {}); // the shell has exited
  return {
    watch(pids) {
      shell.stdin.write(`${[...pids].join(' ')}\n`);
    },
    stop() {
      shell.stdin.end('\n');
    },
  };
}
