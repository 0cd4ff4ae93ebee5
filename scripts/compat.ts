// Prints which provider takes which field of a request.
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

import { fieldTables } from './field-table.ts';

const HELP = `Usage: npm run compat [-- --write]

Prints a table of providers and request fields: native, translated, dropped, rejected. Computed from the translations.

  --write  write it to docs/fields.md too
  --help   show this text`;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { help: { type: 'boolean' }, write: { type: 'boolean' } } });
  if (values.help) {
    console.log(HELP);
    return;
  }
  const text = fieldTables();
  console.log(text);
  if (values.write) await writeFile(new URL('../docs/fields.md', import.meta.url), text);
}

await main();
