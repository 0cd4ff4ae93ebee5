import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { buildAssembly } from '#scripts/build.ts';
import { findInstancePid } from '#test/support/lambda-instance.ts';
import {
  canaryKey,
  newHome,
  type Person,
  type Portunus,
  say,
  startPortunus,
} from '#test/support/portunus.ts';
import { withoutRateLimits } from '#test/support/rates.ts';
import { onEngine } from '#test/support/suite.ts';

const OWNERS = 40;
const KEYS = 10;
const KILL_EVERY_MS = 2000;
const READS_PER_SECOND = 50;
/** Fewer reads at once than would start a process each; on a machine that cannot keep up they come as fast as it can. */
const READERS = 8;
const JOB_DELAY_MS = 250;

const arnsOf = (portunus: Portunus) => {
  const invoke = portunus.lambda.functions().find(({ name }) => name.endsWith('tools-invoke'));
  return String(invoke?.environment['VAULT_KEY_ARNS']).split(',');
};
const rewrap = (portunus: Portunus, order: object) =>
  portunus.lambda.invoke('portunus-local-on-rewrap', order);
const wrappedUnder = async (portunus: Portunus, arn: string) =>
  (await portunus.rows('vault')).filter(({ wkArn }) => wkArn === arn).length;

/** Uses of stored keys at a steady rate until told to end: each reads its row, and most open it. */
async function steadyReads(people: readonly Person[], end: AbortSignal) {
  const failed: unknown[] = [];
  const began = Date.now();
  let reads = 0;
  let asked = 0;
  const reader = async () => {
    while (!end.aborted) {
      const dueAt = began + (asked * 1000) / READS_PER_SECOND;
      const person = people[asked % people.length];
      asked += 1;
      await setTimeout(Math.max(0, dueAt - Date.now()));
      const answer = await person?.invoke('ai_chat', say('hello'));
      if (answer?.status !== 200) failed.push(answer?.body);
      reads += 1;
    }
  };
  await Promise.all(Array.from({ length: READERS }, reader));
  return { reads, failed, perSecond: (reads * 1000) / (Date.now() - began) };
}

const command = promisify(execFile);
const script = fileURLToPath(new URL('../../scripts/vault.ts', import.meta.url));
const vault = (portunus: Portunus, ...args: string[]) =>
  command(process.execPath, [script, ...args], { env: { ...process.env, PORTUNUS_HOME: portunus.home } });

onEngine('a vault that moves to another CMK', () => {
  let portunus: Portunus;
  let home = '';
  const names = Array.from({ length: OWNERS }, (_, n) => `owner${n}`);

  /** As an operator would: the same stage, deployed with other keys. */
  const deploy = async (...vaultKeys: number[]) => {
    await portunus?.stop();
    const assembly = await buildAssembly({ stage: 'local', values: { vaultKeys } });
    portunus = await startPortunus({ home, assembly, mutate: withoutRateLimits });
  };
  const everybody = () => Promise.all(names.map((name) => portunus.person(name)));

  beforeAll(async () => {
    home = await newHome();
    await deploy(1, 2);
    const people = await everybody();
    const store = async () => {
      for (let person = people.pop(); person; person = people.pop()) {
        for (let n = 0; n < KEYS; n += 1) {
          const key = { provider: 'openai', api_key: canaryKey('openai') };
          expect((await person.post('/api-keys', key)).status).toBe(201);
        }
      }
    };
    await Promise.all([store(), store(), store()]);
  }, 300_000);
  afterAll(async () => {
    await portunus?.stop();
    await rm(home, { recursive: true, force: true });
  });

  it('seals under the first and opens under all, and moves to the first only', async () => {
    const [one = '', two = ''] = arnsOf(portunus);
    expect(await wrappedUnder(portunus, one)).toBe(OWNERS * KEYS);
    const rejected = await rewrap(portunus, { to: two });
    expect(rejected).toMatchObject({
      functionError: 'Unhandled',
      payload: { errorMessage: expect.stringContaining('invalid_input') },
    });
    expect(await wrappedUnder(portunus, one)).toBe(OWNERS * KEYS);
  });

  it('loses no read and no key while the job is killed again and again, and opens none on the way', async () => {
    await deploy(2, 1);
    const [to = '', old = ''] = arnsOf(portunus);
    const logged = portunus.kmsLog().length;
    const dry = await rewrap(portunus, { to, dry_run: true });
    expect(dry.payload).toMatchObject({ done: true, moved: OWNERS * KEYS, failed: 0 });
    expect(await wrappedUnder(portunus, to)).toBe(0);

    // As slow as the network of a real stage: else the job would be done before it was killed often enough.
    const { inject } = portunus.awsEndpoint.faults;
    inject(({ caller }) => (caller.includes('on-rewrap') ? { kind: 'delay', ms: JOB_DELAY_MS } : undefined));
    const finished = new AbortController();
    const load = steadyReads(await everybody(), finished.signal);

    const kills = new Set<number>();
    const killing = (async () => {
      while (!finished.signal.aborted) {
        await setTimeout(KILL_EVERY_MS);
        const pid = await findInstancePid('portunus-local-on-rewrap');
        if (pid === undefined || finished.signal.aborted || kills.has(pid)) continue;
        process.kill(pid, 'SIGKILL');
        kills.add(pid);
      }
    })();
    while (!finished.signal.aborted) {
      const { payload } = await rewrap(portunus, { to });
      if ((payload as { done?: boolean }).done) finished.abort();
    }
    await killing;
    const { reads, failed, perSecond } = await load;
    process.stderr.write(`${kills.size} kills, ${reads} reads, ${perSecond.toFixed(1)} a second\n`);

    expect(kills.size).toBeGreaterThanOrEqual(5);
    expect(reads).toBeGreaterThan(100);
    expect(failed).toEqual([]);
    expect(await wrappedUnder(portunus, to)).toBe(OWNERS * KEYS);
    expect(await wrappedUnder(portunus, old)).toBe(0);
    expect(await portunus.rows('vault')).toHaveLength(OWNERS * KEYS);

    const byJob = portunus
      .kmsLog()
      .slice(logged)
      .filter(({ caller }) => caller.includes('on-rewrap'));
    expect(new Set(byJob.map(({ operation, result }) => `${operation} ${result}`))).toEqual(
      new Set(['ReEncrypt ok']),
    );
    const recorded = (await portunus.rows('audit')).filter(({ act }) => act === 'key.rewrapped');
    expect(recorded).toHaveLength(OWNERS * KEYS);
  }, 300_000);

  it('can be re-wrapped by a command with progress, a dry run and a list of failures', async () => {
    const [to = '', old = ''] = arnsOf(portunus);
    const nothing = await vault(portunus, 'rewrap', '--to', to, '--dry-run');
    expect(nothing.stdout).toContain(`${OWNERS * KEYS} keys looked at, 0 to move`);
    await expect(vault(portunus, 'rewrap', '--to', old)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining(to),
    });
    expect((await vault(portunus, '--help')).stdout).toContain('--dry-run');

    // A row names a foreign CMK: it is left alone and reported, and the other rows are re-wrapped.
    const [row] = await portunus.rows('vault');
    const TableName = portunus.tableName('vault');
    const foreign = to.replace(/key\/.*/, 'key/11111111-2222-4333-8444-555555555555');
    await portunus.db.send(new PutCommand({ TableName, Item: { ...row, wkArn: foreign } }));
    await expect(vault(portunus, 'rewrap', '--to', to)).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining('1 FAILED'),
    });
    await portunus.db.send(new PutCommand({ TableName, Item: row }));
    expect((await vault(portunus, 'rewrap', '--to', to)).stdout).toContain('0 moved');
  });

  it('keeps working when the old CMK is scheduled for deletion', async () => {
    const [, old = ''] = arnsOf(portunus);
    await deploy(2);
    expect(arnsOf(portunus)).toHaveLength(1);
    expect((await portunus.kmsAsRoot('ScheduleKeyDeletion', { KeyId: old })).status).toBe(200);
    const person = await portunus.person('owner7');
    expect((await person.invoke('ai_chat', say('hello'))).status).toBe(200);
    expect(
      (await person.post('/api-keys', { provider: 'anthropic', api_key: canaryKey('anthropic') })).status,
    ).toBe(201);
  });
});
