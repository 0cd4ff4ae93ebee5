// The local Lambda under AWS's own runtime client: what a function sees, and how each way to fail is told.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';

import { startFunctions, type TestFunctions } from '#test/support/local-functions.ts';

let functions: TestFunctions | undefined;
afterEach(async () => {
  await functions?.stop();
  functions = undefined;
});

async function deploy(source: string, properties: Record<string, unknown> = {}, options = {}) {
  functions = startFunctions(options);
  await functions.add('fn', source, properties);
  return functions.lambda;
}

/** No process, or one that only waits for somebody to collect its exit code. */
const isGone = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT' || existsSync('/proc');
  }
};

const streaming = (body: string) =>
  `exports.handler = awslambda.streamifyResponse(async (event, out, context) => { ${body} });`;

async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('a function of the local Lambda', () => {
  it('returns the handler’s result', async () => {
    const lambda = await deploy('exports.handler = async (event) => ({ twice: event.n * 2 });');
    expect(await lambda.invoke('fn', { n: 21 })).toEqual({ payload: { twice: 42 } });
    expect(await lambda.invoke('arn:aws:lambda:eu-central-1:000000000000:function:fn', { n: 1 })).toEqual({
      payload: { twice: 2 },
    });
  });

  it('leaves its compiled code to later instances where the stack has a compile cache, and else none', async () => {
    const source = 'exports.handler = async () => process.env.NODE_COMPILE_CACHE ?? "none";';
    const compileCache = mkdtempSync(path.join(tmpdir(), 'portunus-compiled-'));
    onTestFinished(() => rmSync(compileCache, { recursive: true }));
    const cached = await deploy(source, {}, { compileCache });
    expect(await cached.invoke('fn', {})).toMatchObject({ payload: compileCache });
    await vi.waitFor(() => expect(readdirSync(compileCache, { recursive: true }).length).toBeGreaterThan(1));
    await functions?.stop();
    const plain = await deploy(source);
    expect(await plain.invoke('fn', {})).toMatchObject({ payload: 'none' });
  });

  it('has AWS’s environment variables, its own and its credentials, and none of this process', async () => {
    vi.stubEnv('LEAK', 'of the parent');
    const lambda = await deploy('exports.handler = async () => ({ ...process.env, cwd: process.cwd() });', {
      MemorySize: '256',
      Environment: { Variables: { TABLE: 'things' } },
      LoggingConfig: { LogFormat: 'JSON', LogGroup: 'group-of-fn' },
    });
    const { payload } = await lambda.invoke('fn', {});
    vi.unstubAllEnvs();
    expect(payload).toMatchObject({
      TABLE: 'things',
      AWS_REGION: 'eu-central-1',
      AWS_LAMBDA_FUNCTION_NAME: 'fn',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      AWS_LAMBDA_LOG_GROUP_NAME: 'group-of-fn',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      AWS_ACCESS_KEY_ID: 'ASIA-fn',
      AWS_SESSION_TOKEN: 'arn:aws:iam::000000000000:role/fn',
      AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1',
      TZ: ':UTC',
      cwd: expect.stringContaining('asset.fn'),
    });
    expect(payload).not.toHaveProperty('LEAK');
    expect(payload).not.toHaveProperty('HOME');
  });

  it('has a context with its ARN, a request id and the remaining time', async () => {
    const lambda = await deploy(
      `exports.handler = async (_event, context) =>
        ({ arn: context.invokedFunctionArn, id: context.awsRequestId, left: context.getRemainingTimeInMillis() });`,
      { Timeout: 7 },
    );
    const { payload } = await lambda.invoke('fn', {});
    expect(payload).toMatchObject({
      arn: 'arn:aws:lambda:eu-central-1:000000000000:function:fn',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect((payload as { left: number }).left).toBeGreaterThan(1000);
    expect((payload as { left: number }).left).toBeLessThanOrEqual(7000);
  });

  it('has its log lines collected', async () => {
    const lambda = await deploy(`exports.handler = async () => { console.log('one line'); };`);
    await lambda.invoke('fn', {});
    await vi.waitFor(() => {
      expect(lambda.logs()).toContainEqual({
        functionName: 'fn',
        line: expect.stringContaining('one line'),
      });
    });
  });
});

describe('instances', () => {
  const source =
    'let n = 0; exports.handler = async ({ ms }) => { await new Promise((done) => setTimeout(done, ms)); return [process.pid, ++n]; };';

  it('handle one event at a time and are reused', async () => {
    const lambda = await deploy(source);
    const invoke = async (ms: number) => (await lambda.invoke('fn', { ms })).payload as [number, number];
    const [one, two] = await Promise.all([invoke(50), invoke(50)]);
    expect(one[0]).not.toBe(two[0]);
    const again = await invoke(0);
    expect([one[0], two[0]]).toContain(again[0]);
    expect(again[1]).toBe(2);
  });

  it('are throttled beyond the reserved concurrency', async () => {
    const lambda = await deploy(source, { ReservedConcurrentExecutions: 1 });
    const first = lambda.invoke('fn', { ms: 100 });
    await expect(lambda.invoke('fn', { ms: 0 })).rejects.toMatchObject({ code: 'TooManyRequestsException' });
    await first;
  });

  it('are suspended between two events when freezing is on', async () => {
    const lambda = await deploy(
      'let ticks = 0; exports.handler = async () => { const seen = ticks; setInterval(() => ticks++, 5); return seen; };',
      {},
      { freeze: true },
    );
    await lambda.invoke('fn', {});
    await new Promise((resolve) => setTimeout(resolve, 200));
    const { payload } = await lambda.invoke('fn', {});
    expect(payload).toBeLessThan(20);
  });

  it('end when the stack stops', async () => {
    const lambda = await deploy(source);
    const { payload } = await lambda.invoke('fn', { ms: 0 });
    await lambda.stop();
    expect(isGone((payload as [number])[0])).toBe(true);
  });

  it('die with a killed stack, even while they spin', async () => {
    const support = pathToFileURL(path.resolve(import.meta.dirname, '../support/local-functions.ts')).href;
    const script = `
      import { startFunctions } from '${support}';
      const functions = startFunctions();
      await functions.add('idle', 'exports.handler = async () => process.pid;');
      await functions.add('spin', 'exports.handler = async () => { console.log(process.pid); for (;;); };', { Timeout: 900 });
      const idle = await functions.lambda.invoke('idle', {});
      functions.lambda.invoke('spin', {});
      const poll = setInterval(() => {
        const line = functions.lambda.logs().find(({ functionName }) => functionName === 'spin')?.line;
        if (line) { console.log(JSON.stringify([idle.payload, Number(/(\\d+)$/.exec(line)[1])])); clearInterval(poll); }
      }, 10);`;
    const folder = mkdtempSync(path.join(tmpdir(), 'portunus-killed-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const host = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...process.env, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pids = await new Promise<number[]>((resolve) => {
      host.stdout.once('data', (line: Buffer) => resolve(JSON.parse(line.toString()) as number[]));
    });
    host.kill('SIGKILL');
    await vi.waitFor(() => expect(pids.map(isGone)).toEqual([true, true]), { timeout: 5000 });
  });
});

describe('a failing function', () => {
  it('that throws returns the error', async () => {
    const lambda = await deploy(`exports.handler = async () => { throw new TypeError('not today'); };`);
    expect(await lambda.invoke('fn', {})).toMatchObject({
      functionError: 'Unhandled',
      payload: { errorType: 'TypeError', errorMessage: 'not today', trace: expect.any(Array) },
    });
  });

  it('that takes too long is killed', async () => {
    const lambda = await deploy('exports.handler = () => new Promise(() => setInterval(() => {}, 1000));', {
      Timeout: 1,
    });
    expect(await lambda.invoke('fn', {})).toMatchObject({
      functionError: 'Unhandled',
      payload: { errorMessage: expect.stringMatching(/Task timed out after 1\.00 seconds$/) },
    });
  });

  it.each([
    ['exits', 'process.exit(3)', 'Runtime exited with error: exit status 3'],
    ['is killed', `process.kill(process.pid, 'SIGKILL')`, 'Runtime exited with error: signal: kill'],
  ])(
    'that %s in mid-event says so, and the next event gets a new instance',
    async (_how, statement, message) => {
      const lambda = await deploy(
        `exports.handler = async ({ die }) => { if (die) { ${statement}; await new Promise(() => {}); } return 'well'; };`,
      );
      expect(await lambda.invoke('fn', { die: true })).toMatchObject({
        functionError: 'Unhandled',
        payload: { errorType: 'Runtime.ExitError', errorMessage: expect.stringContaining(message) },
      });
      expect(await lambda.invoke('fn', {})).toEqual({ payload: 'well' });
    },
  );

  it('that cannot be loaded fails its event with the init error', async () => {
    const lambda = await deploy(`require('./nowhere.js');`);
    expect(await lambda.invoke('fn', {})).toMatchObject({
      functionError: 'Unhandled',
      payload: { errorMessage: expect.stringContaining('Cannot find module') },
    });
  });

  it('with a callback handler, unsupported by Node 24 on Lambda, fails at init', async () => {
    const lambda = await deploy('exports.handler = (event, context, callback) => callback(null, 1);');
    expect(await lambda.invoke('fn', {})).toMatchObject({
      payload: { errorType: 'Runtime.CallbackHandlerDeprecated' },
    });
  });

  it('may return 6 MB and no more', async () => {
    const lambda = await deploy(`exports.handler = async ({ size }) => 'x'.repeat(size);`);
    const fits = await lambda.invoke('fn', { size: 6 * 1024 * 1024 });
    expect(fits.functionError).toBeUndefined();
    expect(await lambda.invoke('fn', { size: 6 * 1024 * 1024 + 200 })).toMatchObject({
      payload: { errorType: 'Function.ResponseSizeTooLarge' },
    });
    await expect(lambda.invoke('fn', 'x'.repeat(6 * 1024 * 1024))).rejects.toMatchObject({
      code: 'RequestTooLargeException',
    });
  });
});

describe('a streaming function', () => {
  const from = `out = awslambda.HttpResponseStream.from(out, { statusCode: 201, headers: { a: 'b' } });`;

  it('sends its prelude and then each chunk as it is written', async () => {
    const lambda = await deploy(
      streaming(
        `${from} out.write('one '); await new Promise((go) => setTimeout(go, 50)); out.write('two'); out.end();`,
      ),
    );
    const answer = await lambda.invokeStreaming('fn', {});
    if (answer.kind !== 'streamed') throw new Error(answer.kind);
    expect(answer.prelude).toEqual({ statusCode: 201, headers: { a: 'b' } });
    expect(await readText(answer.body)).toBe('one two');
    expect(await lambda.invokeStreaming('fn', {})).toMatchObject({ kind: 'streamed' });
  });

  it('that throws before the first byte returns the error', async () => {
    const lambda = await deploy(streaming(`throw new Error('too early');`));
    expect(await lambda.invokeStreaming('fn', {})).toMatchObject({
      kind: 'failed',
      error: { errorType: 'Error', errorMessage: 'too early' },
    });
  });

  it.each([
    ['ends without a write', `${from} out.end();`],
    ['writes no prelude', `out.write('plain'); out.end();`],
  ])('that %s is malformed', async (_what, body) => {
    const lambda = await deploy(streaming(body));
    expect(await lambda.invokeStreaming('fn', {})).toEqual({ kind: 'malformed' });
  });

  it.each([
    ['throws', `throw new Error('midway');`, 'midway'],
    ['dies', 'process.exit(1);', 'exit status 1'],
    ['never ends', 'await new Promise(() => setInterval(() => {}, 1000));', 'timed out'],
  ])('that %s after the first byte breaks its body there', async (_how, ending, message) => {
    const lambda = await deploy(
      streaming(`${from} await new Promise((sent) => out.write('begun', sent)); ${ending}`),
      { Timeout: 1 },
    );
    const answer = await lambda.invokeStreaming('fn', {});
    if (answer.kind !== 'streamed') throw new Error(answer.kind);
    const chunks = answer.body[Symbol.asyncIterator]();
    const first = await chunks.next();
    expect(Buffer.from(first.value as Uint8Array).toString()).toBe('begun');
    await expect(chunks.next()).rejects.toThrow(message);
    expect((await lambda.invokeStreaming('fn', {})).kind).toBe('streamed');
  });

  it('and a buffered one are not interchangeable', async () => {
    const lambda = await deploy('exports.handler = async () => ({ statusCode: 200 });');
    expect(await lambda.invokeStreaming('fn', {})).toEqual({ kind: 'malformed' });
  });
});

describe('the Lambda API rejects', () => {
  it('a function that does not exist', async () => {
    const lambda = await deploy('');
    await expect(lambda.invoke('other', {})).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
  });

  it.each([
    ['reserved variables', { Environment: { Variables: { AWS_REGION: 'x' } } }, 'AWS_REGION'],
    ['4 KB of variables', { Environment: { Variables: { BIG: 'x'.repeat(4096) } } }, '4 KB'],
    ['another runtime', { Runtime: 'nodejs20.x' }, 'nodejs24.x'],
  ])('%s in a template', async (_what, properties, message) => {
    functions = startFunctions();
    await expect(async () => functions?.add('fn', '', properties)).rejects.toThrow(message);
  });
});

describe('a resource policy', () => {
  const functionArn = 'arn:aws:lambda:eu-central-1:000000000000:function:fn';
  const sourceArn = 'arn:aws:execute-api:eu-central-1:000000000000:abc/prod/GET/things/{id}';
  const principal = 'apigateway.amazonaws.com';

  it('allows only the named service and source', async () => {
    const lambda = await deploy('');
    expect(lambda.mayInvoke({ functionArn, principal, sourceArn })).toBe(false);
    await functions?.create('AWS::Lambda::Permission', 'Permission', {
      Action: 'lambda:InvokeFunction',
      FunctionName: functionArn,
      Principal: principal,
      SourceArn: 'arn:aws:execute-api:eu-central-1:000000000000:abc/prod/GET/things/*',
    });
    expect(lambda.mayInvoke({ functionArn, principal, sourceArn })).toBe(true);
    expect(lambda.mayInvoke({ functionArn, principal: 'events.amazonaws.com', sourceArn })).toBe(false);
    expect(lambda.mayInvoke({ functionArn, principal, sourceArn: sourceArn.replace('GET', 'PUT') })).toBe(
      false,
    );
    expect(lambda.mayInvoke({ functionArn: `${functionArn}-2`, principal, sourceArn })).toBe(false);
  });
});
