// The commands a newcomer copies: every `bash` block of README.md and the guides, run in order against a running stack.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

import { onEngine, usePortunus } from '#test/support/suite.ts';

const run = promisify(execFile);
const DOCUMENTED_URL = 'http://127.0.0.1:8787';

/** HTTP errors end the script; a document shows no command that is rejected. */
const PRELUDE = `set -euo pipefail
curl() { command curl --fail-with-body --show-error --max-time 30 "$@"; }
`;

async function bashBlocksOf(document: string): Promise<string> {
  const text = await readFile(document, 'utf8');
  return [...text.matchAll(/^```bash\n(.*?)^```$/gms)].map(([, block]) => block).join('\n');
}

onEngine('the commands of', () => {
  const portunus = usePortunus();

  async function output(document: string): Promise<string> {
    const { url, home } = portunus.current;
    const script = PRELUDE + (await bashBlocksOf(document)).replaceAll(DOCUMENTED_URL, url);
    const { stdout } = await run('bash', ['-c', script], { env: { ...process.env, PORTUNUS_HOME: home } });
    return stdout;
  }

  it.each([
    ['README.md', ['"key_id":"openai_', '[local stand-in provider]', '"action":"key.stored"']],
    ['docs/guides/owner.md', ['"label":"work"', '"providers":[', '"micro_usd"']],
    ['docs/guides/chatbot-developer.md', ['"object":"list"', '"chat.completion"', 'Read the guide']],
    ['docs/guides/operator.md', ['"status":"ok"', '"per_minute"', '"total_count"']],
  ])('%s succeed and print what the document promises', async (document, promised) => {
    const printed = await output(document);
    for (const text of promised) expect(printed).toContain(text);
  });
});
