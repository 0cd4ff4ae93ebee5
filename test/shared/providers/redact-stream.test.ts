import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { deadlineIn } from '#shared/core/deadline.ts';
import type { Kid, ProviderId, OwnerId } from '#shared/core/ids.ts';
import { createSecretMask } from '#shared/core/mask-secret.ts';
import { Secret } from '#shared/core/secret.ts';
import { createCompletions } from '#shared/providers/completions.ts';
import { UNGUARDED } from '#test/support/unguarded.ts';

const KEY = 'sk-proj-abc/def+ghi=jklmnopqrstu';
const base64 = (text: string) => Buffer.from(text).toString('base64');

type Delta = Record<string, unknown>;
const openai = (delta: Delta, more: object = {}) => ({ model: 'm', choices: [{ index: 0, delta, ...more }] });
const END = openai({}, { finish_reason: 'stop' });
const call = (text: string) => ({ tool_calls: [{ index: 1, function: { arguments: text } }] });
const logprobs = (token: string) => ({ logprobs: { content: [{ token, logprob: -1 }] } });
const anthropic = (texts: string[]) => [
  { type: 'message_start', message: { id: 'a', model: 'm', usage: { input_tokens: 1, output_tokens: 1 } } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  ...texts.map((text) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })),
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } },
  { type: 'message_stop' },
];

/** The caller's view of a provider that streams these events. */
async function streamed(events: readonly (object | string)[], provider = 'openai', key = KEY) {
  const lines = events.map((event) => (typeof event === 'string' ? event : JSON.stringify(event)));
  const bytes = lines.map((line) => Buffer.from(`data: ${line}\n\n`));
  const completions = createCompletions({
    vault: {
      candidates: async () => [
        {
          provider: provider as ProviderId,
          kid: 'k'.repeat(22) as Kid,
          version: 1,
          open: async () => ({ secret: new Secret(key), origin: '' }),
        },
      ],
      whyNone: async () => undefined,
    },
    egress: {
      send: () => Promise.reject(new Error('Everything here streams.')),
      stream: async () => ({
        status: 200,
        headers: {},
        body: (async function* () {
          yield* bytes;
        })(),
      }),
    },
    origins: { [provider]: 'https://provider.example' },
    health: { renew: async () => 'failed', markInvalid: async () => {}, markSuspect: async () => {} },
    pacing: { observe: async () => {} },
    guard: UNGUARDED,
    now: Date.now,
  });
  const { chunks } = await completions.stream(
    { provider, model: 'm', messages: [{ role: 'user', content: 'hi' }] },
    {
      owner: 'u'.repeat(27) as OwnerId,
      requestId: 'r',
      deadline: deadlineIn(1000),
      begin: async () => {},
      onUse: () => {},
    },
  );
  return Array.fromAsync(chunks);
}

type Chunks = Awaited<ReturnType<typeof streamed>>;
const deltasIn = (chunks: Chunks) =>
  chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta as Delta));
const saidIn = (chunks: Chunks, field = 'content') =>
  deltasIn(chunks)
    .map(({ [field]: text }) => (typeof text === 'string' ? text : ''))
    .join('');
const twoParts = (text: string) =>
  Array.from({ length: text.length - 1 }, (_, at) => [text.slice(0, at + 1), text.slice(at + 1)]);

const FORMS = [
  ['as it is', KEY],
  ['in base64', base64(KEY)],
  ['percent-encoded', encodeURIComponent(KEY)],
] as const;

describe('a stream that echoes the key', () => {
  it.each(FORMS)('%s does not hand it on, wherever it is cut in two', async (_form, echoed) => {
    for (const parts of twoParts(`is ${echoed}!`)) {
      for (const [provider, events] of [
        ['openai', [...parts.map((content) => openai({ content })), END]],
        ['anthropic', anthropic(parts)],
      ] as const) {
        // The remainder at the end of base64 reveals four bits of the last letter.
        expect(saidIn(await streamed(events, provider))).toMatch(/^is \[redacted\]U?=?!$/);
      }
    }
  });

  it.each(FORMS)('%s, letter by letter, does not hand it on', async (_form, echoed) => {
    const letters = Array.from(`${echoed} and ${echoed}`, (content) => openai({ content }));
    expect(saidIn(await streamed([...letters, END]))).toBe('[redacted] and [redacted]');
  });

  it.each([0, 1, 2])(
    'inside of something else in base64, %i bytes in, does not hand it on',
    async (shift) => {
      const echoed = base64(`${'x'.repeat(shift + 3)}${KEY}:y`);
      for (const parts of [[echoed], ...twoParts(echoed)]) {
        const said = saidIn(await streamed([...parts.map((content) => openai({ content })), END]));
        expect(said).toContain('[redacted]');
        expect(Buffer.from(said.split('[redacted]')[1] ?? '', 'base64').toString()).not.toContain('stu');
      }
    },
  );

  it('as a thought or the arguments of a call does not hand it on', async () => {
    for (const parts of twoParts(`"${KEY}"`)) {
      const events = parts.flatMap((text) => [openai({ reasoning_content: text }), openai(call(text))]);
      const chunks = await streamed([...events, END]);
      expect(saidIn(chunks, 'reasoning_content')).toBe('"[redacted]"');
      const calls = deltasIn(chunks).flatMap(
        ({ tool_calls = [] }) => tool_calls as ReturnType<typeof call>['tool_calls'],
      );
      expect(calls.map((each) => each.function.arguments).join('')).toBe('"[redacted]"');
    }
  });

  it('with escapes that hide it from whoever reads the bytes does not hand it on', async () => {
    const hidden = JSON.stringify(openai({ content: `is ${KEY}` })).replace('abc/', 'a\\u0062c\\/');
    expect(saidIn(await streamed([hidden, END]))).toBe('is [redacted]');
  });

  it.each(['\\', '%', '&'])(
    'encoded character by character with %s, in pieces of any length, does not hand it on',
    async (introducer) => {
      const write = (code: number) => {
        if (introducer === '%') return `%${code.toString(16)}`;
        return introducer === '&' ? `&#x${code.toString(16)};` : `\\u00${code.toString(16)}`;
      };
      const whole = `is ${Array.from(KEY, (char) => write(char.charCodeAt(0))).join('')}!`;
      for (const length of [1, 2, 3, 5, 7, 50]) {
        const parts = whole.match(new RegExp(`.{1,${length}}`, 'gs')) ?? [];
        const chunks = await streamed([...parts.map((content) => openai({ content })), END]);
        expect(saidIn(chunks)).toBe('is [redacted]!');
      }
    },
  );

  it('in probabilities that the text does not spell does not hand it on', async () => {
    const parts = Array.from(KEY, (token) => openai({ content: 'a' }, logprobs(token)));
    const bytes = Array.from(KEY, (char) =>
      openai({ content: 'b' }, { logprobs: { content: [{ token: 'b', bytes: [char.charCodeAt(0)] }] } }),
    );
    for (const events of [parts, bytes]) {
      const chunks = await streamed([...events, END]);
      expect(chunks.map(({ choices: [choice] }) => choice?.['logprobs'])).not.toContainEqual(
        expect.anything(),
      );
    }
  });

  it('in parts of a list that goes on from piece to piece does not hand it on', async () => {
    const events = twoParts(`"${KEY}"`)
      .slice(5, 8)
      .map((parts) => parts.map((text) => openai({ reasoning_details: [{ type: 'reasoning.text', text }] })));
    for (const parts of events) {
      const chunks = await streamed([...parts, END]);
      const said = deltasIn(chunks).flatMap(
        ({ reasoning_details: details = [] }) => details as { type: string; text: string }[],
      );
      expect(said.map(({ text }) => text).join('')).toBe('"[redacted]"');
      expect(said.map(({ type }) => type)).toEqual(['reasoning.text', 'reasoning.text']);
    }
  });

  it('as a name of a field or as an id does not hand it on', async () => {
    const chunks = await streamed([{ ...openai({ content: 'hi', [KEY]: null }), id: KEY, [KEY]: 1 }, END]);
    expect(JSON.stringify(chunks)).not.toContain('jklmnop');
    expect(saidIn(chunks)).toBe('hi');
  });

  it('drops the probabilities that spell it, and keeps all others', async () => {
    const parts = ['hello ', KEY.slice(0, 9), KEY.slice(9), ' end'];
    const chunks = await streamed([...parts.map((text) => openai({ content: text }, logprobs(text))), END]);
    expect(JSON.stringify(chunks)).not.toContain(KEY.slice(9));
    expect(chunks.map(({ choices: [choice] }) => choice?.['logprobs'] !== undefined)).toEqual([
      true,
      false,
      false,
      true,
      false,
    ]);
  });

  it('and stops after half of it or more does not hand that on', async () => {
    const most = Array.from(`is ${KEY.slice(0, -1)}`, (content) => openai({ content }));
    expect(saidIn(await streamed([...most, openai({}, { finish_reason: 'length' })]))).toBe('is [redacted]');
    const few = Array.from('is sk-proj', (content) => openai({ content }));
    expect(saidIn(await streamed([...few, END]))).toBe('is sk-proj');
  });

  it('is told the same as if it had come in one piece, however it is cut', async () => {
    const key = 'abaababaab-abaab'; // begins again and again within itself
    const text = fc
      .array(fc.constantFrom('a', 'b', '-', key, key.slice(0, 9), 'abaab'), { maxLength: 12 })
      .map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.nat(60), { maxLength: 20 }), async (whole, cuts) => {
        const at = [0, ...cuts.map((cut) => Math.min(cut, whole.length)), whole.length].toSorted(
          (a, b) => a - b,
        );
        const parts = at.slice(1).map((end, index) => whole.slice(at[index], end));
        const events = [...parts.map((content) => openai({ content })), openai({ content: '.' }), END];
        const inOnePiece = createSecretMask(new Secret(key)).text(`${whole}.`);
        expect(saidIn(await streamed(events, 'openai', key))).toBe(inOnePiece);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a stream without the key', () => {
  it('passes as it came, piece by piece, though some end as the key begins', async () => {
    const texts = ['Yes', ' this', ' is', ' sk', '-', 'proj', ' sk-pro', 'ductive', '', 's'];
    const events = [
      openai({ role: 'assistant', content: '' }),
      ...texts.map((content) => openai({ content }, { logprobs: { content: [{ token: content }] } })),
      END,
      { model: 'm', choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } },
    ];
    expect(JSON.parse(JSON.stringify(await streamed(events)))).toEqual(events);
  });
});
