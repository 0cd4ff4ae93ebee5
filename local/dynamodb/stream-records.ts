// dynoxide keeps stream records in a table without index and without limit, which slows every write; this adds both.
import { DatabaseSync } from 'node:sqlite';

const DAY_SECONDS = 86_400;

/** Once per start: the engine looks up the last sequence number of a table at every write. */
export function indexStreamRecords(database: string): void {
  using_(database, (sqlite) => {
    sqlite.exec(
      'CREATE INDEX IF NOT EXISTS local_stream_order ON _stream_records(table_name, CAST(sequence_number AS INTEGER))',
    );
  });
}

/** Deletes records older than 24 h, as AWS does. The newest of each table stays: the engine continues its sequence from it. */
export function trimStreamRecords(database: string, nowMs: number): void {
  using_(database, (sqlite) => {
    sqlite
      .prepare(
        `DELETE FROM _stream_records WHERE created_at < ?
         AND id NOT IN (SELECT MAX(id) FROM _stream_records GROUP BY table_name)`,
      )
      .run(Math.floor(nowMs / 1000) - DAY_SECONDS);
  });
}

function using_(database: string, work: (sqlite: DatabaseSync) => void): void {
  const sqlite = new DatabaseSync(database, { timeout: 2_000 });
  try {
    work(sqlite);
  } finally {
    sqlite.close();
  }
}
