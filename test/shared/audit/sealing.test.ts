import { sign as signBytes, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';

import { createWriters } from '#shared/audit/chain.ts';
import { checkpointKey } from '#shared/audit/checkpoint.ts';
import { leafHash } from '#shared/audit/merkle.ts';
import { createSealer } from '#shared/audit/sealing.ts';
import { linesIn, parseSegment, recordsName } from '#shared/audit/segment.ts';
import { createLogVerifier } from '#shared/audit/verification.ts';
import { ORIGIN, createRecord } from '#test/support/audit-log.ts';
import { createMemoryArchive, Interrupted } from '#test/support/memory-archive.ts';

const MINUTE_MS = 60_000;
/** Record n is of this time plus n seconds: see test/support/audit-log.ts. */
const START_MS = Date.parse('2026-11-28T10:00:00.000Z');

function setUp() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const key = checkpointKey(ORIGIN, spki);
  const memory = createMemoryArchive();
  const rows: string[] = [];
  const clock = { nowMs: START_MS + MINUTE_MS };
  const writers = createWriters({ now: () => 0 });
  let n = 0;

  /** A record as a writer commits it. @param atSecond its time */
  function write(atSecond = n): string {
    const slot = writers.take();
    const line = createRecord(atSecond, slot.position);
    slot.settle('committed', leafHash(line).toString('hex'));
    n += 1;
    return line;
  }

  const seal = createSealer({
    records: async (from, to) =>
      rows.filter((line) => {
        const { ts } = JSON.parse(line);
        return ts >= from && ts <= to;
      }),
    archive: memory.archive,
    notes: memory.notes,
    signer: {
      sign: async (text) => signBytes('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'der' }),
      publicKey: async () => spki,
    },
    origin: ORIGIN,
    now: () => clock.nowMs,
  });

  /** Lines of the log, after its verification. */
  async function verifiedLines(): Promise<{ lines: string[]; damage: unknown }> {
    const verifier = createLogVerifier(key);
    const all: string[] = [];
    for (const name of await memory.archive.list('log/')) {
      const segment = name.endsWith('.segment.json')
        ? parseSegment(memory.objects.get(name) ?? '')
        : undefined;
      if (!segment) continue;
      const lines = linesIn(memory.objects.get(recordsName(segment.first)) ?? '');
      const damage = verifier.add({ segments: [segment], lines });
      all.push(...lines);
      if (damage) return { lines: all, damage };
    }
    return { lines: all, damage: undefined };
  }

  return { memory, rows, clock, write, seal, verifiedLines };
}

describe('the sealer', () => {
  it('seals each record once, over any number of runs, and its log is sound', async () => {
    const { rows, write, seal, clock, verifiedLines } = setUp();
    for (let run = 0; run < 5; run += 1) {
      rows.push(write(run * 60), write(run * 60 + 1));
      clock.nowMs = START_MS + (run + 2) * MINUTE_MS;
      expect(await seal()).toMatchObject({ sealed: 2, size: (run + 1) * 2, waiting: 0, damages: [] });
      expect(await seal()).toMatchObject({ sealed: 0 });
    }
    expect(await verifiedLines()).toEqual({ lines: rows, damage: undefined });
  });

  it.each([
    [1, false],
    [1, true],
    [2, false],
    [2, true],
    [3, false],
    [3, true],
    [4, true],
    [5, true],
  ])('seals each record once if it is interrupted at write %i, made: %s', async (at, made) => {
    const { memory, rows, write, seal, clock, verifiedLines } = setUp();
    rows.push(write(), write());
    memory.interrupt(at, made);
    const first = await seal().catch((error: unknown) => error);
    expect(at > 3 || first instanceof Interrupted).toBe(true);
    rows.push(write(), write());
    clock.nowMs += MINUTE_MS;
    await seal().catch(() => undefined);
    memory.resume();
    await seal();
    const { lines, damage } = await verifiedLines();
    expect([lines.toSorted(), damage]).toEqual([rows.toSorted(), undefined]);
  });

  it('keeps the order of a writer whose clock went backwards', async () => {
    const { rows, write, seal, verifiedLines } = setUp();
    rows.push(write(20), write(10), write(15));
    await seal();
    expect(await verifiedLines()).toEqual({ lines: rows, damage: undefined });
  });

  it('waits for a record that is not visible yet, and seals it before those that follow it', async () => {
    const { rows, write, seal, verifiedLines } = setUp();
    const [first, second, third] = [write(), write(), write()];
    rows.push(first, third);
    expect(await seal()).toMatchObject({ sealed: 1, waiting: 1 });
    rows.push(second);
    expect(await seal()).toMatchObject({ sealed: 2, waiting: 0 });
    expect(await verifiedLines()).toEqual({ lines: [first, second, third], damage: undefined });
  });

  it('seals and reports the record after one that was deleted before it was sealed', async () => {
    const { rows, write, seal, clock } = setUp();
    rows.push(write());
    write();
    rows.push(write());
    await seal();
    clock.nowMs += 11 * MINUTE_MS;
    expect(await seal()).toMatchObject({ sealed: 1, damages: [{ kind: 'chain_gap', index: 1 }] });
  });

  it('reports the record after one that was changed before it was sealed', async () => {
    const { rows, write, seal } = setUp();
    rows.push(write().replace('"result":"succeeded"', '"result":"failed"'), write());
    expect(await seal()).toMatchObject({ sealed: 2, damages: [{ kind: 'chain_broken', index: 1 }] });
  });

  it('finds records that came later than the overlap of two runs when it reconciles', async () => {
    const { rows, write, seal, clock, verifiedLines } = setUp();
    rows.push(write());
    clock.nowMs += 60 * MINUTE_MS;
    await seal();
    rows.push(write()); // an hour late
    clock.nowMs += MINUTE_MS;
    expect(await seal()).toMatchObject({ sealed: 0 });
    expect(await seal({ reconcile: true })).toMatchObject({ sealed: 1 });
    expect(await verifiedLines()).toEqual({ lines: rows, damage: undefined });
  });

  it('seals a backlog in segments', async () => {
    const { rows, write, seal, clock, verifiedLines, memory } = setUp();
    for (let n = 0; n < 4100; n += 1) rows.push(write());
    clock.nowMs = START_MS + 3 * 3600_000;
    expect(await seal()).toMatchObject({ sealed: 4100 });
    expect(memory.objects.size).toBe(6);
    expect((await verifiedLines()).damage).toBeUndefined();
  });

  it.each([
    ['a head was moved, to hide a record', (text: string) => text.replace('"seq":1', '"seq":2')],
    ['the size was changed', (text: string) => text.replace('"size":1', '"size":0')],
    ['the frontier was changed', (text: string) => text.replace(/"frontier":\["./, '"frontier":["0')],
  ])('does not continue from a state that is not the signed one: %s', async (_, change) => {
    const { rows, write, seal, memory, clock } = setUp();
    rows.push(write());
    await seal();
    const [[name, text] = ['', '']] = memory.noteValues;
    const changed = change(text);
    memory.noteValues.set(name, changed === text ? changed.replace('["0', '["1') : changed);
    rows.push(write());
    clock.nowMs += MINUTE_MS;
    await expect(seal()).rejects.toThrow('state of the sealer');
  });

  it('follows its archive again if its state is missing', async () => {
    const { rows, write, seal, memory, clock, verifiedLines } = setUp();
    rows.push(write());
    await seal();
    rows.push(write());
    clock.nowMs += MINUTE_MS;
    await seal();
    memory.noteValues.clear();
    rows.push(write());
    clock.nowMs += MINUTE_MS;
    expect(await seal()).toMatchObject({ size: 3 });
    expect(await verifiedLines()).toEqual({ lines: rows, damage: undefined });
  });
});
