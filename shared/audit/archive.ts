/** Port of the archive: objects under retention, written once. */
export type Archive = {
  /** `exists`: an object of this name was written before, perhaps by an attempt that was interrupted. */
  readonly putOnce: (name: string, content: string) => Promise<'written' | 'exists'>;
  readonly get: (name: string) => Promise<string | undefined>;
  /** Names with a prefix after `after`, in order. */
  readonly list: (prefix: string, after?: string) => Promise<string[]>;
};

/** Port. Small objects without retention, which are replaced. */
export type ArchiveNotes = {
  readonly get: (name: string) => Promise<string | undefined>;
  readonly put: (name: string, content: string) => Promise<void>;
};

/** Object Lock of every object in the archive. `COMPLIANCE` cannot be shortened by anyone. */
export type ArchiveLock = { readonly mode: 'GOVERNANCE' | 'COMPLIANCE'; readonly days: number };
