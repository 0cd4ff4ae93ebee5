import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { expect, it } from 'vitest';

import { engine, newHome, startPortunus } from '#test/support/portunus.ts';
import { onEngine } from '#test/support/suite.ts';

/** A stack in a process of its own, so that it can be killed without warning. */
async function startElsewhere(home: string): Promise<{ child: ChildProcess; url: string; token: string }> {
  const child = fork(new URL('./stack-process.ts', import.meta.url).pathname, [home, engine], {
    stdio: 'inherit',
  });
  const [ready] = (await once(child, 'message')) as [{ url: string; token: string }];
  return { child, ...ready };
}

type Load = { readonly url: string; readonly token: string; readonly worker: number };

/** Creates todos until the server is gone, noting the acknowledged ids; returns the title that was not answered. */
async function load({ url, token, worker }: Load, acknowledged: Set<string>): Promise<string> {
  for (let n = 0; ; n += 1) {
    const title = `todo ${worker}-${n}`;
    try {
      const response = await fetch(`${url}/mcp/tools/invoke`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ tool_name: 'todo_create', parameters: { title, idempotency_key: title } }),
      });
      if (!response.ok) continue;
      const { result } = (await response.json()) as { result: { todo: { id: string } } };
      acknowledged.add(result.todo.id);
    } catch {
      return title;
    }
  }
}

onEngine('a stack that is killed in the middle of its work', () => {
  it('has every acknowledged todo and its record after a restart, and no record without its todo', async () => {
    const home = await newHome();
    const acknowledged = new Set<string>();
    const { child, url, token } = await startElsewhere(home);
    const exited = once(child, 'exit');
    const working = Promise.all(
      Array.from({ length: 6 }, (_, worker) => load({ url, token, worker }, acknowledged)),
    );
    while (acknowledged.size < 60) await new Promise((resolve) => setTimeout(resolve, 10));
    child.kill('SIGKILL');
    const [unanswered] = await Promise.all([working, exited]);

    const portunus = await startPortunus({ home });
    try {
      const todos = (await portunus.rows('content')).filter(({ sk }) => String(sk).startsWith('TODO#'));
      const ids = new Set(todos.map(({ id }) => String(id)));
      expect([...acknowledged].filter((id) => !ids.has(id))).toEqual([]);

      const created = (await portunus.rows('audit')).filter(
        ({ act, result }) => act === 'tool.called' && result === 'succeeded',
      );
      expect(created).toHaveLength(todos.length);

      await portunus.events.settled();
      const counted = (await portunus.rows('content'))
        .filter(({ sk }) => String(sk).startsWith('USAGE#'))
        .reduce((sum, row) => sum + Number(row['tool.called:succeeded'] ?? 0), 0);
      expect(counted).toBe(todos.length);

      const alice = await portunus.person('alice');
      expect((await alice.invoke('todo_list', { limit: 1 })).body.result.todos).toHaveLength(1);

      // A caller without an answer sends the request again: an effect from before the crash is not repeated.
      const again = () =>
        Promise.all(
          unanswered.map((title) => alice.invoke('todo_create', { title, idempotency_key: title })),
        );
      const first = await again();
      expect(new Set(first.map(({ status }) => status))).toEqual(new Set([200]));
      expect((await again()).map(({ text }) => text)).toEqual(first.map(({ text }) => text));
      const titles = (await portunus.rows('content')).flatMap(({ sk, title }) =>
        String(sk).startsWith('TODO#') ? [String(title)] : [],
      );
      expect(titles).toHaveLength(new Set(titles).size);
      expect(titles).toEqual(expect.arrayContaining(unanswered));
    } finally {
      await portunus.stop();
      await rm(home, { recursive: true, force: true });
    }
  }, 180_000);
});
