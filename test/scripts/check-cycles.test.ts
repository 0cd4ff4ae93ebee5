import { describe, expect, it } from 'vitest';

import { cyclesIn, importsIn } from '#scripts/check-cycles.ts';

const graph = (edges: Record<string, readonly string[]>) => cyclesIn(new Map(Object.entries(edges)));

describe('the search for import cycles', () => {
  it('finds a cycle of two files, of several files, and of a file with itself', () => {
    expect(graph({ a: ['b'], b: ['a'] })).toEqual([['a', 'b']]);
    expect(graph({ entry: ['c'], a: ['b'], b: ['c'], c: ['a'] })).toEqual([['a', 'b', 'c']]);
    expect(graph({ a: ['a'] })).toEqual([['a']]);
  });

  it('finds each of several cycles, also behind files without one', () => {
    const cycles = graph({ a: ['b', 'c'], b: ['d'], d: ['b'], c: ['e'], e: ['f'], f: ['c', 'd'] });
    expect(cycles).toEqual([
      ['b', 'd'],
      ['c', 'e', 'f'],
    ]);
  });

  it('finds none where files are shared, and ignores imports of packages', () => {
    expect(graph({ a: ['b', 'c'], b: ['d'], c: ['d', 'zod'], d: [] })).toEqual([]);
  });

  it('reads imports of values, of types and at run time, and exports from another file', () => {
    const text = `import { a } from './a.ts';
import type { B } from '#shared/b.ts';
import {
  type C,
} from './deep/c.ts';
export { d } from './d.ts';
const e = await import('./e.ts');
import * as z from 'zod';`;
    const names = ['shared/x/a.ts', 'shared/b.ts', 'shared/x/deep/c.ts', 'shared/x/d.ts', 'shared/x/e.ts'];
    expect(importsIn('shared/x/file.ts', text)).toEqual(names);
  });
});
