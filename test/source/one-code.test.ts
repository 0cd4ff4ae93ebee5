// The deployed code and the code under test are the same: nothing in it can ask where it runs.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));

/** Files that name an address or a word for what a caller or an upstream sends. */
const ABOUT_OTHERS = [
  'shared/egress/', // rejects loopback addresses
  'shared/auth/redirect-uris.ts', // loopback redirect URIs of OAuth clients
  'shared/providers/responses-api/body.ts', // a tool environment of the Responses API is named "local"
];
const sources = ['functions', 'shared']
  .flatMap(filesIn)
  .map((file) => [file, readFileSync(file, 'utf8')] as const);

const TELLTALES = [
  /127\.0\.0\.1/,
  /\blocalhost\b/,
  /\bAWS_ENDPOINT_URL/,
  /\bisLocal\b|\bNODE_ENV\b|\bVITEST\b/,
  /['"]local['"]/,
  /stage\s*[!=]==/i,
];

it('no file in functions/ or shared/ names the local stack or compares the stage', () => {
  const checked = sources.filter(([file]) => !ABOUT_OTHERS.some((about) => file.startsWith(about)));
  const found = checked.flatMap(([file, text]) =>
    TELLTALES.filter((telltale) => telltale.test(text.replaceAll(/\/\/.*|\/\*[^]*?\*\//g, ''))).map(
      (telltale) => `${file}: ${telltale.source}`,
    ),
  );
  expect(found).toEqual([]);
});

it('the environment is read in one file only', () => {
  const readers = sources.filter(([, text]) => text.includes('process.env')).map(([file]) => file);
  expect(readers).toEqual(['shared/core/env.ts']);
});

it('the search finds a planted telltale', () => {
  expect(TELLTALES.some((telltale) => telltale.test("if (env('STAGE') === 'local') skip();"))).toBe(true);
});
