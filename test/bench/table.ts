export const say = (line = ''): void => void process.stdout.write(`${line}\n`);

/** Progress on standard error: the tables stay clean when they are redirected. */
export const progress = (line: string): void => void process.stderr.write(`${line}\n`);

/** Prints rows under their headings: the first column to the left, figures to the right. */
export function table(
  title: string,
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): void {
  const widths = headings.map((heading, at) =>
    Math.max(heading.length, ...rows.map((row) => row[at]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ');
  say();
  say(title);
  say(line(headings));
  say(widths.map((width) => '─'.repeat(width)).join('  '));
  for (const row of rows) say(line(row));
}
