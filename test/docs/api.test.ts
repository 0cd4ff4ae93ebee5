import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

import { document } from '#functions/openapi/document.ts';
import { apiReference } from '#scripts/api-reference.ts';

it('docs/api.md is what `npm run docs` writes', () => {
  expect(readFileSync('docs/api.md', 'utf8')).toBe(apiReference(document));
});
