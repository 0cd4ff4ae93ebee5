// Idempotency of every route that changes something.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { routes } from '#functions/routes.ts';

const folder = join(import.meta.dirname, '../../functions');

describe('a route that changes something', () => {
  const changing = routes.filter(({ method, kind }) => method !== 'GET' && kind !== 'public');

  it.each(changing)('$name executes a request with an idempotency key once', ({ name, kind, needs }) => {
    expect(needs).toContain('idempotency:use');
    // The type of `writeRoute` accepts names of rows of this kind only. A tool call hands its key to the invoke path.
    if (kind === 'call') return;
    expect(kind).toBe('write');
    expect(readFileSync(join(folder, `${name}.ts`), 'utf8')).toContain(`writeRoute('${name}'`);
  });
});
