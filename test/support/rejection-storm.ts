// Many calls at once with a key that its provider has just begun to reject.
import { canaryKey, providerChats, type Person, type Portunus, say } from './portunus.ts';

type Served = { readonly mode: string | undefined; readonly reason: string | undefined };

const isInvoke = ({ caller }: { readonly caller: string }) => caller.endsWith('mcp');

/** Over MCP, whose route streams and so may take longer than 29 seconds: a hundred processes on two cores do. */
async function chat({ request }: Portunus, { token }: Person, provider: string): Promise<Served> {
  const { text } = await request('POST', '/mcp', {
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2025-11-25',
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'ai_chat', arguments: say('hello', { provider }) },
    }),
  });
  if (!text.includes('stand-in provider')) throw new Error(`The call was not served: ${text}`);
  const word = (name: string) => new RegExp(`"${name}":"(\\w+)"`).exec(text)?.[1];
  return { mode: word('mode'), reason: word('reason') };
}

/** Starts instances for as many calls at once, in steps: on few cores all together would not be up in time. */
async function warmUp(portunus: Portunus, person: Person, atOnce: number): Promise<void> {
  const STEP = 25;
  const ms = 200 * Math.min(STEP, atOnce);
  await person.post('/api-keys', { provider: 'anthropic', api_key: canaryKey('anthropic') });
  for (let instances = Math.min(STEP, atOnce); ; instances = Math.min(instances + STEP, atOnce)) {
    await person.get('/api-keys'); // the authorizer's word is kept for a minute: no process of it for each call as well
    // No call ends before the last of them has begun.
    const undo = portunus.awsEndpoint.faults.inject((call) =>
      isInvoke(call) && call.operation === 'UpdateItem' ? { kind: 'delay', ms } : undefined,
    );
    await Promise.all(Array.from({ length: instances }, () => chat(portunus, person, 'anthropic')));
    undo();
    if (instances === atOnce) return;
  }
}

/**
 * A new person with a rejected key and a backup; `calls` in all, as many of them at once as told. The first ones of them are
 * held until all have come, then read the row at the same moment.
 */
export async function rejectionStorm(
  portunus: Portunus,
  { name, calls, atOnce }: { name: string; calls: number; atOnce: number },
) {
  const person = await portunus.person(name);
  const [bad, good] = [canaryKey('openai'), canaryKey('openai')];
  const ids: string[] = [];
  for (const api_key of [bad, good]) {
    ids.push((await person.post('/api-keys', { provider: 'openai', api_key })).body.key_id);
  }
  await warmUp(portunus, person, atOnce);
  portunus.provider?.reject(bad);
  await person.get('/api-keys');

  let waiting = 0;
  let releaseAt = Infinity;
  const undo = portunus.awsEndpoint.faults.inject((call) => {
    if (!isInvoke(call) || call.operation !== 'Query' || waiting === atOnce) return undefined;
    waiting += 1;
    releaseAt = Math.min(releaseAt, Date.now() + 5000);
    return { kind: 'delay', ms: Math.max(0, releaseAt - Date.now()) };
  });
  let left = calls;
  const answers: Served[] = [];
  const caller = async () => {
    while (left > 0) {
      left -= 1;
      answers.push(await chat(portunus, person, 'openai'));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, caller));
  undo();

  const withKey = (key: string) =>
    providerChats(portunus).filter(({ credential, method }) => credential === key && method === 'POST')
      .length;
  const trail = async (action: string) =>
    (await person.get(`/audit/logs?action=${action}`)).body.total_count as number;
  const told = (await portunus.rows('content')).filter(
    ({ sk, subject }) => String(sk).startsWith('NOTICE#') && subject === ids[0],
  );
  return {
    modes: new Set(answers.map(({ mode }) => mode)),
    /** Calls upstream that the rejection cost. */
    rejected: withKey(bad),
    served: withKey(good),
    /** Callers who met it, as opposed to those who found the key marked. */
    met: answers.filter(({ reason }) => reason === 'key_rejected').length,
    told: told.length,
    recorded: { invalidated: await trail('key.invalidated'), noticed: await trail('notice.raised') },
  };
}

/** Guarantees for a storm of any size: each call costs at most one more, the key is marked once, its owner gets one notice. */
export const calm = (calls: number) => ({
  modes: new Set(['backup_key']),
  served: calls,
  told: 1,
  recorded: { invalidated: 1, noticed: 1 },
});
