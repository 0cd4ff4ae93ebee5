import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  ...globSync('{docs,local}/**/*.md'),
];
const textOf = (document: string) => readFileSync(document, 'utf8');
const scripts = Object.keys(JSON.parse(textOf('package.json')).scripts);

/** A link's anchor, as the common renderers derive it from a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .trim()
    .replaceAll(' ', '-');

function brokenLinks(document: string): string[] {
  const links = [...textOf(document).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)];
  return links.flatMap(([link, path = '', anchor]) => {
    const target = path === '' ? document : join(dirname(document), path);
    if (!existsSync(target)) return [link];
    if (anchor === undefined || !target.endsWith('.md')) return [];
    const headings = [...textOf(target).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading));
    return headings.includes(anchor) ? [] : [link];
  });
}

describe('the documents', () => {
  it.each(documents)('%s links only to files and headings that exist', (document) => {
    expect(brokenLinks(document)).toEqual([]);
  });

  it.each(documents)('%s names only npm scripts that exist', (document) => {
    const named = [...textOf(document).matchAll(/npm run (?:--silent )?([a-z][a-z:-]*)/g)].map(
      ([, name]) => name,
    );
    expect(named.filter((name) => !scripts.includes(name ?? ''))).toEqual([]);
  });

  it('keep the README at 8 kB at most', () => {
    expect(statSync('README.md').size).toBeLessThanOrEqual(8192);
  });
});
