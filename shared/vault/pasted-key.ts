// Normalisation of pasted keys.

const QUOTED = /^(?:"([^"]*)"|'([^']*)'|`([^`]*)`|“([^”]*)”|‘([^’]*)’)$/;
/** Blanks, line breaks, byte-order marks and zero-width characters at either end. */
const AROUND = /^[\s\u200b-\u200d\u2060\ufeff]+|[\s\u200b-\u200d\u2060\ufeff]+$/g;
const NAMED = /^(?:export\s+)?[A-Z][A-Z0-9_]*_(?:KEY|TOKEN)\s*=\s*/;
const HEADER = /^(?:authorization:\s*)?bearer\s+/i;

/** Strips blanks, quotes, a variable name and `Bearer` around the key. The key itself is unchanged. */
export function pastedKey(text: string): string {
  const trimmed = text.replaceAll(AROUND, '');
  const quoted = QUOTED.exec(trimmed)
    ?.slice(1)
    .find((inner) => inner !== undefined);
  const bare = (quoted ?? trimmed).replace(NAMED, '').replace(HEADER, '');
  return bare === text ? bare : pastedKey(bare);
}
