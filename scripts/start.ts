// `npm start`: builds what changed and runs the local stack until Ctrl-C.
import { parseArgs } from 'node:util';

import type { Stack } from '#local/stack.ts';

const HELP = `Usage: npm start -- [options]

Runs Portunus on this machine: the synthesised template on local parts.

  --port <number>   port of the API (default: PORT, else 8787)
  --live            call the real AI providers instead of the local stand-in
  --allow-local-tools <ports>
                    let registered tools call these ports of this machine, as in 3000,8080
  --help            show this text

Environment: PORT, PORTUNUS_HOME (data, default .local), DDB_ENGINE (dynoxide or dynamodb-local)`;

const DEFAULT_PORT = 8787;
/** Ctrl-C in a terminal arrives twice, from the terminal and from npm, which forwards its own: closer signals are one. */
const SAME_SIGNAL_MS = 500;

type Phase =
  | { readonly name: 'building' }
  | { readonly name: 'starting' }
  | { readonly name: 'running'; readonly stack: Stack };

let phase: Phase = { name: 'building' };
let interrupted = false;
let interruptedAt = 0;
const build = new AbortController();

function optionsFrom(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string' },
      live: { type: 'boolean' },
      'allow-local-tools': { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const { live = false, help = false } = values;
  const port = Number(values.port ?? process.env.PORT ?? DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65_533)
    throw new Error('The port is a number from 0 to 65533.');
  return { live, help, port, localToolPorts: parsePorts(values['allow-local-tools']) };
}

function parsePorts(list: string | undefined): number[] {
  const ports = list?.split(',').map(Number) ?? [];
  if (ports.every((port) => Number.isInteger(port) && port > 0 && port < 65_536)) return ports;
  throw new Error('--allow-local-tools takes port numbers, separated by commas: 3000,8080');
}

async function main(): Promise<void> {
  const { live, help, port, localToolPorts } = optionsFrom(process.argv.slice(2));
  if (help) {
    console.log(HELP);
    return;
  }
  if (Number(process.versions.node.split('.')[0]) < 24) {
    throw new Error(
      `Portunus needs Node 24; this is ${process.versions.node}. On Linux, \`npm ci\` brings it along.`,
    );
  }
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  const stack = await started({ port, live, localToolPorts });
  phase = { name: 'running', stack };
  if (interrupted) return shutDown(stack);
}

type StartOptions = {
  readonly port: number;
  readonly live: boolean;
  readonly localToolPorts: readonly number[];
};

async function started({ port, live, localToolPorts }: StartOptions): Promise<Stack> {
  // Loaded after the check above: an older Node cannot parse them.
  const [
    { buildAssembly },
    { lockHome },
    { checkPorts },
    { startStack },
    { engineHere },
    { homeFolder },
    { welcome },
  ] = await Promise.all([
    import('./build.ts'),
    import('#local/home-lock.ts'),
    import('#local/home-ports.ts'),
    import('#local/stack.ts'),
    import('./engine.ts'),
    import('./home.ts'),
    import('./welcome.ts'),
  ]);
  const began = performance.now();
  const onProgress = (line: string) =>
    console.log(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${line}`);
  const engine = engineHere();
  const home = homeFolder();
  lockHome(home)(); // a home or a port in use is reported before the build, which takes longer
  await checkPorts(home, port);
  const assembly = await buildAssembly({ stage: 'local', onProgress, signal: build.signal });
  phase = { name: 'starting' };
  const stack = await startStack({ assembly, home, port, live, localToolPorts, engine, onProgress });
  onProgress('Ready');
  if (!interrupted) console.log(welcome(stack, home));
  return stack;
}

/** The first time: stop in good order. The second time: at once. */
function interrupt(): void {
  if (interrupted) {
    if (performance.now() - interruptedAt < SAME_SIGNAL_MS) return;
    process.exit(1);
  }
  interrupted = true;
  interruptedAt = performance.now();
  switch (phase.name) {
    case 'building':
      build.abort(); // ends the synthesis; esbuild ends with this process
      process.exit(0);
      break;
    case 'starting':
      console.log('Stopping as soon as the start is through; Ctrl-C again to force.');
      break;
    case 'running':
      void shutDown(phase.stack);
  }
}

async function shutDown(stack: Stack): Promise<void> {
  console.log('Stopping.');
  try {
    await stack.stop();
    process.exitCode = 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
  process.exit();
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
