// `npm run sign-in` against the local stack, with a browser: at an issuer that describes itself, and at one like Cognito.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { decodeJwt } from 'jose';
import { expect, it } from 'vitest';

import { createBrowser } from '#test/support/browser.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const script = fileURLToPath(new URL('../../scripts/sign-in.ts', import.meta.url));

/** Runs the command; `open` receives the address that it prints. */
async function run(args: readonly string[], open: (address: URL) => Promise<unknown>) {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  const seen = Promise.withResolvers<void>();
  child.stdout.on('data', (text: Buffer) => void (output.stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => {
    output.stderr += text.toString();
    const [address] = /^https?:\/\/\S+$/m.exec(output.stderr) ?? [];
    if (address !== undefined) open(new URL(address)).then(() => seen.resolve(), seen.reject);
  });
  const [code] = (await Promise.race([
    once(child, 'close'),
    seen.promise.then(() => once(child, 'close')),
  ])) as [number];
  return { code, ...output };
}

/** A person who signs in as alice and whose browser follows the redirect to the command. */
const asAlice = async (address: URL) => {
  const redirect = address.searchParams.get('redirect_uri') ?? '';
  expect(address.searchParams.get('code_challenge_method')).toBe('S256');
  expect(address.searchParams.get('resource')).toMatch(/\/mcp$/);
  const end = await createBrowser().signIn(address, 'alice', redirect);
  await fetch(end);
};

/** A browser that comes back with this query, in which STATE is the state of the sign-in. */
const answering = (query: string) => async (address: URL) => {
  const state = address.searchParams.get('state') ?? '';
  const redirect = address.searchParams.get('redirect_uri') ?? '';
  await fetch(`${redirect}?${query.replace('STATE', state)}`);
};

for (const asCognito of [false, true]) {
  onEngine(
    `npm run sign-in ${asCognito ? 'at an issuer like Cognito' : 'at an issuer that serves clients'}`,
    () => {
      const portunus = usePortunus({ asCognito });

      it('prints an access token of the person alone, with which they call the stage', async () => {
        const { url } = portunus.current;
        const { code, stdout, stderr } = await run(['--url', url], asAlice);
        expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('Signed in.') });
        const token = stdout.trim();
        expect(decodeJwt(token)).toMatchObject({ aud: `${url}/mcp` });
        expect(stdout).toBe(`${token}\n`);
        const headers = { authorization: `Bearer ${token}` };
        expect((await portunus.current.request('GET', '/api-keys', { headers })).status).toBe(200);
      });

      it('ends with the reason if the person is rejected, or the answer is that of another sign-in', async () => {
        const { url } = portunus.current;
        const denied = await run(['--url', url], answering('error=access_denied&state=STATE'));
        expect(denied).toMatchObject({
          code: 1,
          stdout: '',
          stderr: expect.stringContaining('access_denied'),
        });
        const foreign = await run(['--url', url], answering('code=x&state=another'));
        expect(foreign).toMatchObject({
          code: 1,
          stdout: '',
          stderr: expect.stringContaining('another sign-in'),
        });
      });
    },
  );
}
