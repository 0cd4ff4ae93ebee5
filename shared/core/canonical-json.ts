/** RFC 8785 for what we write ourselves: names sorted, no spaces, `undefined` left out. Strings and numbers as JSON.stringify has them. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = value as Readonly<Record<string, unknown>>;
  let text = '';
  // Without a comparison of ours names are sorted by their UTF-16 code units, as the RFC asks.
  for (const name of Object.keys(fields).toSorted()) {
    if (fields[name] === undefined) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${canonicalJson(fields[name])}`;
  }
  return `{${text}}`;
}
