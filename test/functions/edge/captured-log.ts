// Everything that a function writes to its log, for searching.
import { afterAll, afterEach, beforeAll, vi } from 'vitest';

/** Lines since the last test ended. */
export function useLog(): readonly string[] {
  const lines: string[] = [];
  beforeAll(() => {
    for (const stream of [process.stdout, process.stderr]) {
      vi.spyOn(stream, 'write').mockImplementation((chunk) => {
        lines.push(String(chunk));
        return true;
      });
    }
  });
  afterEach(() => void lines.splice(0));
  afterAll(() => void vi.restoreAllMocks());
  return lines;
}
