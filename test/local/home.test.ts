import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { decodeJwt } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { lockHome } from '#local/home-lock.ts';
import { openKeys } from '#local/issuer/issuer-keys.ts';
import { listen } from '#local/listen.ts';
import { claimPorts } from '#local/home-ports.ts';
import { announce, runningStack, withdraw } from '#local/running-stack.ts';
import { createTeardown } from '#local/teardown.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'portunus-home-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const writeLock = (owner: object) => writeFileSync(join(home, 'lock.json'), JSON.stringify(owner));

describe('a home', () => {
  it('is locked against a second stack with an error that names the first', () => {
    const unlock = lockHome(home);
    expect(() => lockHome(home)).toThrow(`as process ${process.pid}`);
    unlock();
    expect(() => lockHome(home)()).not.toThrow();
  });

  it('is taken over from a process that is gone', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    writeLock({ pid: child.pid, started: '' });
    expect(() => lockHome(home)()).not.toThrow();
  });

  it('is taken over from an earlier process with the same pid', () => {
    writeLock({ pid: process.pid, started: '1' });
    expect(() => lockHome(home)()).not.toThrow();
  });

  it('is taken over from a truncated lock file', () => {
    writeFileSync(join(home, 'lock.json'), '{"pid":');
    expect(() => lockHome(home)()).not.toThrow();
  });

  it.runIf(process.platform === 'linux')('is taken over where the id now belongs to another process', () => {
    writeLock({ pid: process.ppid, started: '1' });
    expect(() => lockHome(home)()).not.toThrow();
  });
});

describe('the ports of a home', () => {
  it('are free ones at the first start, and the same at the next', async () => {
    const first = await claimPorts(home, 0);
    expect(new Set(Object.values(first)).size).toBe(3);
    expect(await claimPorts(home, 0)).toEqual(first);
  });

  it('keep the issuer’s port when the API moves, because owner ids derive from its address', async () => {
    const first = await claimPorts(home, 0);
    const moved = await claimPorts(home, first.api + 10);
    expect(moved).toEqual({ ...first, api: first.api + 10 });
  });

  it('follow the API’s at a first start on a given port', async () => {
    const { api } = await claimPorts(home, 0);
    rmSync(join(home, 'ports.json'));
    expect(await claimPorts(home, api)).toEqual({ api, issuer: api + 1, provider: api + 2 });
  });

  it('are rejected by name when another program uses one', async () => {
    const { issuer } = await claimPorts(home, 0);
    const taken = await listen(createServer(), issuer);
    await expect(claimPorts(home, 0)).rejects.toThrow(
      `Port ${issuer}, needed by this home's issuer, is in use`,
    );
    await taken.close();
  });

  it('are rejected when the API’s port equals the issuer’s', async () => {
    const { issuer } = await claimPorts(home, 0);
    await expect(claimPorts(home, issuer)).rejects.toThrow('belongs to another part of this home');
  });
});

describe('a stop', () => {
  it('stops parts in reverse order and continues after a failure', async () => {
    const order: string[] = [];
    const teardown = createTeardown();
    teardown.add('first', async () => order.push('first'));
    teardown.add('second', async () => {
      throw new Error('stuck');
    });
    teardown.add('third', async () => order.push('third'));
    await expect(teardown.run()).rejects.toThrow('second did not stop cleanly');
    expect(order).toEqual(['third', 'first']);
  });

  it('runs once, however often it is called', async () => {
    let stops = 0;
    const teardown = createTeardown();
    teardown.add('part', async () => stops++);
    await Promise.all([teardown.run(), teardown.run()]);
    expect(stops).toBe(1);
  });
});

const announceStack = async () => {
  await openKeys(join(home, 'issuer'));
  announce(home, {
    pid: process.pid,
    url: 'http://127.0.0.1:1',
    issuer: 'http://127.0.0.1:2',
    audience: 'http://127.0.0.1:1/mcp',
    admin: { url: 'http://127.0.0.1:3', token: 'word' },
  });
};

describe('npm run token', () => {
  const script = fileURLToPath(new URL('../../scripts/token.ts', import.meta.url));
  const token = (...args: string[]) =>
    execFileSync(process.execPath, [script, ...args], {
      env: { ...process.env, PORTUNUS_HOME: home },
      encoding: 'utf8',
      stdio: 'pipe',
    });

  it('prints a token of the running stack, and nothing else', async () => {
    await announceStack();
    const printed = token('alice', '--role', 'admin', '--expires', '60s');
    expect(printed).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const { iss, aud, sub, roles, iat = 0, exp } = decodeJwt(printed.trim());
    expect({ iss, aud, sub, roles }).toEqual({
      iss: 'http://127.0.0.1:2',
      aud: 'http://127.0.0.1:1/mcp',
      sub: 'alice',
      roles: ['admin'],
    });
    expect(exp).toBe(iat + 60);
  });

  it('prints the remedy when no stack runs or the recorded one has ended', async () => {
    expect(() => token('alice')).toThrow('No stack is running');
    await announceStack();
    withdraw(home);
    expect(runningStack(home)).toBeUndefined();
  });

  it.each([
    ['nobody', [], 'Name one user'],
    ['a stranger', ['mallory'], 'There is no demo user mallory'],
    ['an unknown role', ['alice', '--role', 'king'], 'There is no role king'],
    ['a time beyond the issuer’s own', ['alice', '--expires', '1000m'], '--expires'],
  ])('rejects %s', (_name, args, message) => {
    expect(() => token(...args)).toThrow(message);
  });
});
