// Writes the documents that are made of the code.
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

import { document } from '#functions/openapi/document.ts';

import { apiReference } from './api-reference.ts';

const HELP = `Usage: npm run docs

Writes docs/api.md from the route table, the route schemas and the texts in functions/openapi/.

  --help   show this text`;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { help: { type: 'boolean' } } });
  if (values.help) {
    console.log(HELP);
    return;
  }
  await writeFile(new URL('../docs/api.md', import.meta.url), apiReference(document));
}

await main();
