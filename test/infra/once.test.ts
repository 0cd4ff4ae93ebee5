import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { routes } from '#functions/routes.ts';

const folder = join(import.meta.dirname, '../../functions');
/** OpenAI's protocol knows no such key. */
const WITHOUT = ['completions'];
/** Their calls name the key, or its header is handed on. */
const BY_THE_CALL = ['mcp', 'tools-invoke'];

describe('a route that changes something', () => {
  const changing = routes.filter(({ method, name }) => method !== 'GET' && !WITHOUT.includes(name));

  it.each(changing)('$name does a request that names a key once', ({ name, needs }) => {
    expect(needs).toContain('idempotency:use');
    if (BY_THE_CALL.includes(name)) return;
    expect(readFileSync(join(folder, `${name}.ts`), 'utf8')).toContain('once: openTurn');
  });
});
