// The Inspector's command line against the endpoint, in both eras: a client that nobody here has written. It comes by npx,
// 110 MB of it; without a registry the test is skipped.
import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

import { onEngine, usePortunus } from '#test/support/suite.ts';

const INSPECTOR = '@modelcontextprotocol/inspector@2.12.0';
/** Its install script is not run: the command line works without. */
const INSPECT =
  `-y --ignore-scripts -p ${INSPECTOR} mcp-inspector --cli --transport http --format json -q`.split(' ');
const path = `${dirname(process.execPath)}:${process.env['PATH']}`;

function isReachable(): boolean {
  try {
    execFileSync('npm', ['view', INSPECTOR, 'version'], {
      env: { ...process.env, PATH: path },
      stdio: 'pipe',
    });
    return true;
  } catch {
    return false;
  }
}

onEngine('the Inspector', () => {
  const portunus = usePortunus();

  async function inspect(era: string, more: string[]): Promise<Record<string, unknown>> {
    const { current } = portunus;
    const { token } = await current.person('ines');
    const storage = await mkdtemp(join(tmpdir(), 'portunus-inspector-'));
    try {
      const run = promisify(execFile)(
        'npx',
        [
          ...INSPECT,
          `${current.url}/mcp`,
          '--header',
          `Authorization: Bearer ${token}`,
          '--protocol-era',
          era,
          ...more,
        ],
        { env: { ...process.env, PATH: path, MCP_STORAGE_DIR: storage }, timeout: 240_000 },
      );
      run.child.stdin?.end();
      return JSON.parse((await run).stdout) as Record<string, unknown>;
    } finally {
      await rm(storage, { recursive: true, force: true });
    }
  }

  it.skipIf(!isReachable()).each(['modern', 'legacy'])(
    'lists, lints and calls in the %s era',
    async (era) => {
      const { result: listed } = await inspect(era, ['--method', 'tools/list', '--strict']);
      const { tools } = listed as { tools: { name: string }[] };
      expect(tools.map(({ name }) => name)).toContain('todo_create');
      const call = ['--method', 'tools/call', '--tool-name', 'calc_evaluate'];
      const { result } = await inspect(era, [...call, '--tool-args-json', '{"expression":"0.1+0.2"}']);
      expect(result).toMatchObject({ structuredContent: { result: '0.3', exact: true } });
      const { result: read } = await inspect(era, ['--method', 'resources/list']);
      expect(JSON.stringify(read)).toContain('portunus://todos');
    },
    600_000,
  );
});
