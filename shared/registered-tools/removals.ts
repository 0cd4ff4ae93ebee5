// Removals from a definition, listed for its reviewer: by place and kind, never a part of the text.

const MAX_NOTES = 50;
const MAX_NOTE = 200;

export type Removals = {
  readonly add: (path: string, removed: readonly string[]) => void;
  /** Sorted, and undefined where there is nothing: the same removals always make the same definition. */
  readonly list: () => { readonly removed?: string[] };
};

export function createRemovals(): Removals {
  const notes: string[] = [];
  return {
    add(path, removed) {
      if (removed.length > 0) notes.push(`${path}: ${removed.join(', ')}`.slice(0, MAX_NOTE));
    },
    list() {
      if (notes.length === 0) return {};
      const shown = notes.toSorted().slice(0, MAX_NOTES);
      const more = notes.length - shown.length;
      return { removed: more > 0 ? [...shown, `and ${more} more`] : shown };
    },
  };
}
