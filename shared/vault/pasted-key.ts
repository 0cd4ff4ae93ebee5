// A key as people paste it: with what stood around it.

const QUOTED = /^(?:"([^"]*)"|'([^']*)'|`([^`]*)`|“([^”]*)”|‘([^’]*)’)$/;
/** Blanks, line breaks, byte-order marks and characters without width, at either end. */
const AROUND = /^[\s\u200b-\u200d\u2060\ufeff]+|[\s\u200b-\u200d\u2060\ufeff]+$/g;
const NAMED = /^(?:export\s+)?[A-Z][A-Z0-9_]*_(?:KEY|TOKEN)\s*=\s*/;
const HEADER = /^(?:authorization:\s*)?bearer\s+/i;

/** The key alone: without blanks, quotes, the name of a variable or `Bearer` around it. Anything within it stays. */
export function pastedKey(text: string): string {
  const trimmed = text.replaceAll(AROUND, '');
  const quoted = QUOTED.exec(trimmed)
    ?.slice(1)
    .find((inner) => inner !== undefined);
  const bare = (quoted ?? trimmed).replace(NAMED, '').replace(HEADER, '');
  return bare === text ? bare : pastedKey(bare);
}
