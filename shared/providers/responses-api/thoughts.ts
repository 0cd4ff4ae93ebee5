// Claude's signed thoughts within a reasoning item: the opaque text that a client sends back unchanged.
const PREFIX = 'portunus.thinking.1.';

/** Thoughts that this gateway wrote, which only the provider that they came from can verify. */
export const isForeignThought = (text: string): boolean => text.startsWith(PREFIX);

export const packThoughts = (blocks: readonly unknown[]): string =>
  `${PREFIX}${Buffer.from(JSON.stringify(blocks)).toString('base64')}`;

/** Empty for thoughts of another provider, and for a text that was changed. */
export function unpackThoughts(text: unknown): readonly unknown[] {
  if (typeof text !== 'string' || !isForeignThought(text)) return [];
  try {
    const blocks: unknown = JSON.parse(Buffer.from(text.slice(PREFIX.length), 'base64').toString('utf8'));
    return Array.isArray(blocks) ? blocks : [];
  } catch {
    return [];
  }
}
