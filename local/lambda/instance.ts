// One instance of a function: a process with AWS's runtime client in it, and one event at a time.
import type { ChildProcess } from 'node:child_process';

import type { FunctionConfig } from './function-config.ts';
import { exited, type FunctionError, StreamFault, timedOut } from './function-error.ts';
import { type Answer, type RuntimeApi, startRuntimeApi, type Work } from './runtime-api.ts';
import { isAlive, spawnRuntime } from './runtime-process.ts';

export type Instance = {
  readonly pid: () => number | undefined;
  /** When it last finished an event. */
  readonly idleSince: () => number;
  /** Only while the instance is idle. Never rejects: a failing function is a result. */
  readonly run: (work: Work) => Promise<Answer>;
  readonly kill: () => void;
};

export type InstanceHooks = {
  /** The response is complete and the runtime is about to poll again. */
  readonly onReturning: (instance: Instance) => void;
  readonly onIdle: (instance: Instance) => void;
  readonly onExit: (instance: Instance) => void;
};

export type InstanceOptions = {
  readonly config: FunctionConfig;
  readonly environment: (runtimeApi: string) => Record<string, string>;
  /** Stops the process between two events, as AWS does: work that was not awaited is suspended. */
  readonly freeze: boolean;
  readonly onOutput: (child: ChildProcess) => void;
  readonly onNote: (line: string) => void;
};

type Job = {
  readonly work: Work;
  readonly settle: (answer: Answer) => void;
  /** Set while a streamed response is in progress. */
  answer?: Answer;
};

type Self = {
  readonly options: InstanceOptions;
  readonly onRest: () => void;
  readonly onReturning: () => void;
  readonly child: ChildProcess;
  readonly api: RuntimeApi;
  job?: Job | undefined;
  /** Runs until the runtime polls again: work after the response counts as well. */
  deadline?: NodeJS.Timeout;
  readonly initTimer: NodeJS.Timeout;
  /** The runtime polls for work. */
  waits: boolean;
  idleSince: number;
};

/** AWS allows ten seconds and then retries inside the function's timeout; many cold starts on few cores take longer. */
const INIT_LIMIT_MS = 30_000;
const INIT_TIMED_OUT = { errorType: 'Sandbox.Timedout', errorMessage: 'The init phase took too long.' };

/** Resolves as soon as the process exists; the first event waits for the end of its init. */
export async function startInstance(options: InstanceOptions, hooks: InstanceHooks): Promise<Instance> {
  const api = await startRuntimeApi({
    onWaiting: () => waiting(self),
    onAnswer: (answer) => answered(self, answer),
    onStreamEnd: () => finished(self),
    onInitError: (error) => fail(self, error),
  });
  const child = spawnRuntime(options.config, options.environment(api.address));
  if (child.pid === undefined) {
    api.close();
    throw new Error(`${options.config.name}: no process could be started in ${options.config.codeFolder}`);
  }
  const self: Self = {
    options,
    onRest: () => hooks.onIdle(instance),
    onReturning: () => hooks.onReturning(instance),
    child,
    api,
    initTimer: setTimeout(() => fail(self, INIT_TIMED_OUT), INIT_LIMIT_MS),
    waits: false,
    idleSince: Date.now(),
  };
  const instance: Instance = {
    pid: () => child.pid,
    idleSince: () => self.idleSince,
    run: (work) => run(self, work),
    kill: () => signal(self, 'SIGKILL'),
  };
  const onExit = (): void => {
    ended(self);
    hooks.onExit(instance);
  };
  child.once('exit', onExit);
  options.onOutput(child);
  return instance;
}

const signal = ({ child }: Self, name: NodeJS.Signals): void => {
  if (isAlive(child)) child.kill(name);
};

function run(self: Self, work: Work): Promise<Answer> {
  return new Promise((settle) => {
    self.job = { work, settle };
    if (self.waits) deliver(self, self.job);
    else if (!isAlive(self.child)) ended(self);
  });
}

function deliver(self: Self, job: Job): void {
  const { config, freeze, onNote } = self.options;
  self.waits = false;
  if (freeze) signal(self, 'SIGCONT');
  self.deadline = setTimeout(() => {
    const error = timedOut(job.work.requestId, config.timeoutSeconds);
    onNote(error.errorMessage);
    fail(self, error);
  }, config.timeoutSeconds * 1000);
  self.api.send(job.work, Date.now() + config.timeoutSeconds * 1000);
}

function answered(self: Self, answer: Answer): void {
  if (self.job === undefined) return; // it came after the timeout
  const { settle } = self.job;
  self.job.answer = answer;
  if (answer.kind !== 'stream') finished(self);
  settle(answer);
}

function finished(self: Self): void {
  self.job = undefined;
  // After a stream that failed the runtime may ask for work before the stream's end has arrived.
  if (self.waits) rest(self);
  else self.onReturning();
}

function waiting(self: Self): void {
  clearTimeout(self.initTimer);
  self.waits = true;
  if (self.job === undefined) rest(self);
  else if (self.job.answer === undefined) deliver(self, self.job);
}

function rest(self: Self): void {
  clearTimeout(self.deadline);
  self.idleSince = Date.now();
  if (self.options.freeze) signal(self, 'SIGSTOP');
  self.onRest();
}

/** Ends the instance and fails its current event, if any, with this error. */
function fail(self: Self, error: FunctionError): void {
  const { job } = self;
  self.job = undefined;
  if (job?.answer?.kind === 'stream') job.answer.body.fail(new StreamFault(error));
  else job?.settle({ kind: 'error', error });
  signal(self, 'SIGKILL');
}

function ended(self: Self): void {
  const { child, job, api, options } = self;
  api.close();
  clearTimeout(self.initTimer);
  clearTimeout(self.deadline);
  if (job === undefined) return;
  const error = exited(job.work.requestId, child.exitCode, child.signalCode);
  options.onNote(error.errorMessage);
  fail(self, error);
}
