import { describe, expect, it } from 'vitest';

import { createExporter, type ExportedRecord, GRACE_DAYS, type HourReport } from '#shared/audit/exporting.ts';
import { canonicalJson } from '#shared/core/canonical-json.ts';
import { recordsName, segmentName } from '#shared/audit/segment.ts';
import { toJsonLines } from '#shared/audit/export-files.ts';
import { createTestLog } from '#test/support/audit-log.ts';
import { createMemoryArchive, Interrupted } from '#test/support/memory-archive.ts';

const DAY_MS = 24 * 3600_000;
const DAYS = { authentication: 10, api_call: 20, user_action: 30, system: 40 };

type Row = { rec: string; ttl?: number; place?: object };

/** Segments of 40, 40 and 30 records; one record a second and a checkpoint time of one minute a record, from 10:00 on. */
function setUp() {
  const log = createTestLog({ counts: [40, 40, 30] });
  const memory = createMemoryArchive();
  const rows = new Map<string, Row>();
  for (const { segment, lines } of log.segments) {
    memory.objects.set(recordsName(segment.first), toJsonLines(lines));
    memory.objects.set(segmentName(segment.first), canonicalJson(segment));
    for (const rec of lines) rows.set(JSON.parse(rec).eventId, { rec });
  }
  const clock = { nowMs: Date.parse('2026-11-28T12:05:00.000Z') };
  const held = new Set<string>();
  const done = new Map<string, HourReport>();
  const run = createExporter({
    archive: memory.archive,
    notes: memory.notes,
    rows: {
      read: async (records) =>
        new Map(
          records.flatMap(({ eventId }) =>
            rows.has(eventId) ? [[eventId, rows.get(eventId)?.rec ?? '']] : [],
          ),
        ),
      async expire({ eventId }: ExportedRecord, { ttl, place }) {
        const row = rows.get(eventId);
        if (row) Object.assign(row, { ttl, place });
      },
    },
    holds: async () => held,
    key: async () => log.signing.key,
    retentionDays: DAYS,
    now: () => clock.nowMs,
    async once(name, effect) {
      const report = done.get(name) ?? (await effect());
      done.set(name, report);
      return report;
    },
  });
  const parsed = () => [...rows.values()].map((row) => ({ ...row, record: JSON.parse(row.rec) }));
  return { log, memory, rows, clock, held, run, parsed };
}

describe('the exporter', () => {
  it('exports each complete hour once, with its manifest last, and not the current one', async () => {
    const { run, memory, clock } = setUp();
    clock.nowMs = Date.parse('2026-11-28T11:30:00.000Z');
    expect(await run()).toMatchObject([{ hour: '2026-11-28T10', exported: 40, end: 40 }]);
    expect(await run()).toEqual([]);
    clock.nowMs = Date.parse('2026-11-28T12:05:00.000Z');
    expect(await run()).toMatchObject([{ hour: '2026-11-28T11', exported: 70, end: 110 }]);
    expect([...memory.objects.keys()].filter((name) => name.startsWith('exports/'))).toEqual(
      ['2026-11-28T10', '2026-11-28T11'].flatMap((hour) =>
        ['records.csv', 'records.jsonl', 'segments.jsonl', 'manifest.json'].map(
          (name) => `exports/${hour}/${name}`,
        ),
      ),
    );
  });

  it('lets exported rows expire after the retention of their category and a grace period, and no other row', async () => {
    const { run, parsed, clock } = setUp();
    clock.nowMs = Date.parse('2026-11-28T11:30:00.000Z');
    await run();
    for (const [n, { ttl, place, record }] of parsed().entries()) {
      const days = DAYS[record.category as keyof typeof DAYS] + GRACE_DAYS;
      expect(ttl).toBe(n < 40 ? (Date.parse(record.ts) + days * DAY_MS) / 1000 : undefined);
      expect(place).toEqual(n < 40 ? { first: 0, n } : undefined);
    }
  });

  it('lets no row of a held owner expire', async () => {
    const { run, parsed, held } = setUp();
    const [first] = parsed();
    held.add(first?.record.ownerId);
    expect(await run()).toMatchObject([
      { held: 1, expiring: 39 },
      { held: 0, expiring: 70 },
    ]);
    expect(parsed()[0]).not.toHaveProperty('ttl');
  });

  it('lets no row expire that differs from the archive, and reports it', async () => {
    const { run, rows, parsed } = setUp();
    const [changed, removed] = parsed().map(({ record }) => record);
    const row = rows.get(changed.eventId);
    if (row) row.rec = row.rec.replace('succeeded', 'failed');
    rows.delete(removed.eventId);
    const [report] = await run();
    expect(report).toMatchObject({
      expiring: 38,
      damages: [
        { eventId: changed.eventId, change: 'MODIFY' },
        { eventId: removed.eventId, change: 'REMOVE' },
      ],
    });
    expect(rows.get(changed.eventId)).not.toHaveProperty('ttl');
  });

  it.each([1, 2, 3, 4, 5, 6].flatMap((at) => [[at, false] as const, [at, true] as const]))(
    'continues after an interruption at write %i, made: %s, with the same files',
    async (at, made) => {
      const { run, memory, parsed } = setUp();
      memory.interrupt(at, made);
      await expect(run()).rejects.toBeInstanceOf(Interrupted);
      memory.resume();
      await run();
      expect([...memory.objects.keys()].filter((name) => name.startsWith('exports/'))).toHaveLength(8);
      expect(parsed().every(({ ttl }) => ttl !== undefined)).toBe(true);
    },
  );

  it('loses nothing while it is down for three retention periods', async () => {
    const { run, parsed, clock } = setUp();
    clock.nowMs += 3 * 47 * DAY_MS;
    expect(parsed().every(({ ttl }) => ttl === undefined)).toBe(true);
    expect(await run()).toMatchObject([{ exported: 40 }, { exported: 70 }]);
  });

  it('exports nothing from a damaged archive', async () => {
    const { run, memory, parsed } = setUp();
    const name = recordsName(40);
    memory.objects.set(name, (memory.objects.get(name) ?? '').replace('succeeded', 'failed'));
    await expect(run()).rejects.toThrow('The archive is damaged: record_changed.');
    expect(parsed().filter(({ ttl }) => ttl !== undefined)).toHaveLength(40);
  });
});
