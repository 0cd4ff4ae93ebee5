// Archive in memory, which can fail before or after any of its writes.
import type { Archive, ArchiveNotes } from '#shared/audit/archive.ts';

export class Interrupted extends Error {}

export function createMemoryArchive() {
  const objects = new Map<string, string>();
  const notes = new Map<string, string>();
  /** Write at which the process is interrupted, and whether it was made. */
  let interruption: { at: number; made: boolean } | undefined;
  let writes = 0;

  const write = (make: () => void) => {
    writes += 1;
    if (interruption?.at !== writes) return make();
    if (interruption.made) make();
    throw new Interrupted();
  };

  const archive: Archive = {
    async putOnce(name, content) {
      if (objects.has(name)) return 'exists';
      write(() => void objects.set(name, content));
      return 'written';
    },
    get: async (name) => objects.get(name),
    list: async (prefix, after = '') =>
      [...objects.keys()].filter((name) => name.startsWith(prefix) && name > after).toSorted(),
  };
  const archiveNotes: ArchiveNotes = {
    get: async (name) => notes.get(name),
    put: async (name, content) => write(() => void notes.set(name, content)),
  };
  return {
    archive,
    notes: archiveNotes,
    objects,
    noteValues: notes,
    interrupt(at: number, made: boolean) {
      interruption = { at: writes + at, made };
    },
    resume() {
      interruption = undefined;
    },
  };
}
