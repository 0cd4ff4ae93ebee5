// One path, three faces: whatever is asked by whomever, REST and both eras of MCP come to the same verdict.
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';

import { type Answer, canaryKey, type Person, type Portunus } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const OPERATIONS = 300;
const SEED = 20_261_123;

const many = { per_minute: 1_000_000, burst: 10_000 };
/** Users have one call; the other roles as many as they like. */
const limits = { user: { per_minute: 1, burst: 1 }, auditor: many, operator: many, admin: many };
const portunus = usePortunus({
  mutate(templates) {
    for (const { Parameters = {} } of Object.values(templates)) {
      if (Parameters['RateLimits']) Parameters['RateLimits'].Default = JSON.stringify(limits);
    }
  },
});

type Ask = { readonly tool: string; readonly parameters: unknown };
type Verdict = Readonly<Record<string, unknown>>;
type Face = (person: Person, ask: Ask) => Promise<Verdict>;

/** A caller's result, without the fields that name this one call. */
const named =
  /^[0-9A-HJKMNP-TV-Z]{26}$|^[0-9a-f]{8}-[0-9a-f-]{27}$|^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)?$|^[\w-]{22}$/;
const byText = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
const still = (value: unknown): unknown => {
  if (typeof value === 'string') return named.test(value) ? '*' : value;
  if (Array.isArray(value)) return value.map(still).toSorted(byText); // todos of one moment stand in any order
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, still(part)]));
};

const rejectionOf = (error: Verdict): Verdict => {
  const unnamed = JSON.parse(JSON.stringify(error).replaceAll(/openai_[\w-]{22}/g, 'openai_*'));
  const { type: _t, title: _h, status: _s, request_id: _r, retry_after_seconds, ...left } = unnamed;
  const waits = retry_after_seconds !== undefined;
  return waits ? { ...left, waits, next_step: String(left.next_step).replace(/\d+/, 'n') } : left;
};

const rest: Face = async (person, { tool, parameters }) => {
  const { body } = await person.post('/mcp/tools/invoke', { tool_name: tool, parameters });
  return body.success ? { result: still(body.result) } : rejectionOf(body);
};

/** An answer comes as JSON or as one event. */
const messageIn = ({ text, body }: Answer) => body ?? JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? '{}');

const verdictIn = (answer: Answer, { tool }: Ask, known: ReadonlySet<string>): Verdict => {
  const { result, error, ...problem } = messageIn(answer);
  if (problem.code) return rejectionOf(problem);
  // A request that is no tool call does not reach the invoke path: the protocol has errors of its own for it.
  if (error) return { protocol: known.has(tool) ? 'invalid_input' : 'unknown_tool' };
  return result.isError
    ? rejectionOf(result._meta['dev.portunus/error'])
    : { result: still(result.structuredContent) };
};

const MODERN = '2026-07-28';
const modernMeta = {
  'io.modelcontextprotocol/protocolVersion': MODERN,
  'io.modelcontextprotocol/clientInfo': { name: 'a-test', version: '1.0.0' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

const mcp =
  (version: string): Face =>
  async ({ token }, ask) => {
    const { current } = portunus;
    const modern = version === MODERN;
    const answer = await current.request('POST', '/mcp', {
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': version,
        ...(modern && { 'mcp-method': 'tools/call', 'mcp-name': ask.tool }),
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name: ask.tool, arguments: ask.parameters, ...(modern && { _meta: modernMeta }) },
      }),
    });
    return verdictIn(answer, ask, known);
  };

const FACES: Readonly<Record<string, Face>> = { rest, older: mcp('2025-11-25'), newer: mcp(MODERN) };

const all = ['tools:call', 'tools:read', 'todo:read', 'todo:write', 'ai:use', 'keys:read', 'keys:write'];
const but = (...scopes: string[]) => ({
  roles: ['admin'],
  scopes: all.filter((scope) => !scopes.includes(scope)),
});
/** The callers. The last one has a single call. */
const HOLDERS = {
  everything: { roles: ['admin'], scopes: all },
  keyless: { roles: ['admin'], scopes: all },
  frozen: { roles: ['admin'], scopes: all },
  'no tools': but('tools:call'),
  'no writing': but('todo:write'),
  'no reading': but('todo:read'),
  'no models': but('ai:use'),
  'no scope': { roles: ['admin'], scopes: [] },
  'wrong role': { roles: ['auditor'], scopes: all },
  'unknown role': { roles: ['ghost'], scopes: all },
  limited: { roles: ['user'], scopes: all },
} as const;
type Holder = keyof typeof HOLDERS;

/** Stands for a todo that the caller has. */
const OWN = '<own>';
const known = new Set<string>();
const examples = new Map<string, Record<string, unknown>[]>();

const junk = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.string({ maxLength: 20 }),
  fc.constant('x'.repeat(5000)),
  fc.constant([]),
  fc.constant({ deep: { er: 1 } }),
  fc.constant(OWN),
  fc.constant('2027-01-01T00:00:00Z'),
);

/** Arguments that work, arguments of which one is wrong, missing or one too many, and no arguments at all. */
function argumentsOf(tool: string) {
  const fields = [...new Set((examples.get(tool) ?? []).flatMap((example) => Object.keys(example)))];
  const good = fc.constantFrom(...(examples.get(tool) ?? []), { id: OWN }, {});
  const field = fc.constantFrom(...fields, 'id', 'title', 'version', 'limit', 'provider', 'extra');
  const spoilt = fc.tuple(good, field, junk).map(([args, name, value]) => ({ ...args, [name]: value }));
  const short = fc.tuple(good, field).map(([args, name]) => {
    const { [name]: _gone, ...left } = args;
    return left;
  });
  return fc.oneof({ weight: 4, arbitrary: good }, { weight: 3, arbitrary: spoilt }, short);
}

const operation = () =>
  fc
    .tuple(
      fc.constantFrom(
        ...(Object.keys(HOLDERS) as Holder[]),
        'everything' as const,
        'keyless' as const,
        'frozen' as const,
        'frozen' as const,
      ),
      fc.constantFrom(...known, 'ai_chat', 'ai_chat', 'nothing_such', 'Time_Now', 'toString'),
    )
    .chain(([holder, tool]) => argumentsOf(tool).map((parameters) => ({ holder, tool, parameters })));
type Operation = { holder: Holder; tool: string; parameters: unknown };

type Equipped = { readonly person: Person; readonly own: string };

async function equip(current: Portunus, name: string, holder: Holder): Promise<Equipped> {
  const person = await current.person(name, HOLDERS[holder]);
  if (holder === 'limited') return { person, own: 'none' };
  const owner = await current.person(name, HOLDERS.everything);
  const { body } = await owner.invoke('todo_create', { title: 'Mine' });
  if (holder === 'keyless') return { person, own: body.result.todo.id };
  const stored = await owner.post('/api-keys', { provider: 'openai', api_key: canaryKey('openai') });
  if (holder === 'frozen') await owner.post(`/api-keys/${stored.body.key_id}/freeze`, undefined);
  return { person, own: body.result.todo.id };
}

const withOwn = (parameters: unknown, own: string): unknown =>
  JSON.parse(JSON.stringify(parameters).replaceAll(JSON.stringify(OWN), JSON.stringify(own)));

/** The same operations by three callers alike, each through one face. */
async function verdictsOf(holder: Holder, operations: readonly Operation[]): Promise<Verdict[][]> {
  const { current } = portunus;
  const twins: Equipped[] = [];
  for (const face of Object.keys(FACES)) {
    twins.push(await equip(current, `${holder} ${face}`.replaceAll(' ', '-'), holder));
  }
  const verdicts: Verdict[][] = [];
  for (const [n, { tool, parameters }] of operations.entries()) {
    const asked = Object.values(FACES).map(async (face, at) => {
      const twin = twins[at];
      if (!twin) throw new Error('A face has nobody to try it.');
      // Values derived from an id without showing it differ between the two calls.
      const given = tool === 'text_hash' ? parameters : withOwn(parameters, twin.own);
      const ask = { tool, parameters: given };
      if (holder !== 'limited') return face(twin.person, ask);
      const person = await current.person(`${twin.person.name}-${n}`, HOLDERS.limited);
      return { first: await face(person, ask), second: await face(person, ask) };
    });
    verdicts.push(await Promise.all(asked));
  }
  return verdicts;
}

/** At the door of MCP the gateway rejects, in its own words, and with a header that says what is missing. */
const isGateways = ({ code, scope }: Verdict) => code === 'insufficient_scope' && scope === undefined;

/** The counterpart of a protocol's own rejection: the reason that REST gives. */
const comparable = (asRest: Verdict = {}, other: Verdict = {}): Verdict => {
  if (other['protocol']) return { protocol: asRest['code'] };
  if (isGateways(other)) return { ...other, code: asRest['code'] };
  if (!other['second']) return asRest;
  const [wanted, given] = [asRest, other] as Record<string, Verdict>[];
  return {
    first: comparable(wanted?.['first'], given?.['first']),
    second: comparable(wanted?.['second'], given?.['second']),
  };
};

/** Each caller has keys of their own. */
const withoutIds = (verdict: unknown): unknown =>
  JSON.parse(
    JSON.stringify(verdict)
      .replaceAll(/\b[a-z]+_[\w-]{22}(?![\w-])/g, 'a key')
      .replaceAll(/"hint":"…[\w-]{4}"/g, '"hint":"…"'),
  );

onEngine(`${OPERATIONS} operations, over REST and over MCP`, () => {
  let operations: Operation[];

  beforeAll(async () => {
    const alice = await portunus.current.person('alice');
    for (const { name, examples: given } of (await alice.get('/mcp/tools')).body.tools) {
      known.add(name);
      examples.set(name, given);
    }
    operations = fc.sample(operation(), { numRuns: OPERATIONS, seed: SEED });
  });

  it('have the same results and the same rejections for the same reasons', async () => {
    const byHolder = Map.groupBy(operations, ({ holder }) => holder);
    const codes = new Set<unknown>();
    let compared = 0;
    for (const [holder, of] of byHolder) {
      for (const [n, [asRest, ...others]] of (await verdictsOf(holder, of)).entries()) {
        codes.add(asRest?.['code'] ?? (asRest?.['result'] ? 'ok' : 'both'));
        for (const other of others) {
          expect(withoutIds({ asked: of[n], ...other })).toEqual(
            withoutIds({ asked: of[n], ...comparable(asRest, other) }),
          );
        }
        compared += 1;
      }
    }
    expect(compared).toBe(OPERATIONS);
    // The comparison says something only where there is something to tell apart.
    expect([...codes]).toEqual(
      expect.arrayContaining([
        'ok',
        'both',
        'invalid_input',
        'unknown_tool',
        'insufficient_scope',
        'forbidden',
        'key_missing',
        'key_frozen',
        'not_found',
      ]),
    );
  }, 180_000);
});
