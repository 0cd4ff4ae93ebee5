/**
 * RFC 8785 for JSON that this service writes: sorted names, no whitespace, `undefined` omitted. Strings and numbers are
 * formatted by JSON.stringify.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = value as Readonly<Record<string, unknown>>;
  let text = '';
  // The default sort order is by UTF-16 code units, as the RFC requires.
  for (const name of Object.keys(fields).toSorted()) {
    if (fields[name] === undefined) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${canonicalJson(fields[name])}`;
  }
  return `{${text}}`;
}
