import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { COLUMNS, fieldTables } from '#scripts/field-table.ts';
import { CATALOG } from '#shared/providers/catalog.ts';

describe('the table of fields', () => {
  it('is what `npm run compat -- --write` writes to docs/fields.md', () => {
    expect(readFileSync('docs/fields.md', 'utf8')).toBe(fieldTables());
  });

  it('has a column for each provider of the catalog', () => {
    expect(COLUMNS.toSorted()).toEqual(CATALOG.map(({ id }) => id as string).toSorted());
  });
});
