// The key taken out of an answer that spells it over several pieces. A piece whose end may be the key's beginning waits for
// what follows it; most pass at once, and all that hold nothing of the key pass as they came.
import type { Span } from '#shared/core/find-secret.ts';
import { isBytes, type SecretMask, textOfBytes, withoutSpans } from '#shared/core/mask-secret.ts';

import type { Chunk } from './chat-answer.ts';

/** A text that goes on from piece to piece: what is said, thought or refused, or the arguments of a call. */
type Leaf = { readonly channel: string; text: string; readonly piece: Piece };
type Piece = { readonly chunk: Chunk; waiting: number; touched: boolean; readonly texts: Leaf[] };
/** Buffer of one channel: its undecided leaves in order, their text, and the offset up to which that is decided. */
type Channel = { text: string; leaves: Leaf[]; decided: number };

type Replace = (channel: string, text: string) => string;

/** Fields of a delta that do not go on from piece to piece. */
const WHOLE = new Set(['role', 'id', 'type', 'name']);

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The same with every text that goes on replaced, always in the same order. */
function withTexts(value: unknown, channel: string, replace: Replace): unknown {
  if (typeof value === 'string') return replace(channel, value);
  if (Array.isArray(value)) {
    return value.map((item: unknown) => {
      const index = isObject(item) && typeof item['index'] === 'number' ? item['index'] : 0;
      return withTexts(item, `${channel}.${index}`, replace);
    });
  }
  if (!isObject(value)) return value;
  const fields = Object.entries(value).map(([name, one]) => [
    name,
    WHOLE.has(name) ? one : withTexts(one, `${channel}.${name}`, replace),
  ]);
  return Object.fromEntries(fields);
}

const withAllTexts = (chunk: Chunk, replace: Replace): Chunk => ({
  ...chunk,
  choices: chunk.choices.map((choice) => ({
    ...choice,
    delta: withTexts(choice.delta, `${choice.index}`, replace) as typeof choice.delta,
  })),
});

/** The texts of probabilities, which say the same once more, token by token and byte by byte. */
function* tokensIn(value: unknown, channel: string): Generator<{ channel: string; text: string }> {
  if (typeof value === 'string') yield { channel, text: value };
  else if (isBytes(value)) yield { channel, text: textOfBytes(value) };
  else if (Array.isArray(value)) for (const item of value) yield* tokensIn(item, channel);
  else if (isObject(value)) {
    for (const [name, one] of Object.entries(value)) yield* tokensIn(one, `${channel}.${name}`);
  }
}

const withoutProbabilities = (chunk: Chunk): Chunk => ({
  ...chunk,
  choices: chunk.choices.map(({ logprobs: _dropped, ...choice }) => choice),
});

/** All that does not go on, as names and ids, masked piece by piece. What goes on is masked from piece to piece. */
function maskAside(chunk: Chunk, mask: SecretMask): Chunk {
  const texts: string[] = [];
  const blank = withAllTexts(chunk, (_channel, text) => {
    texts.push(text);
    return '';
  });
  const clean = mask.json(withoutProbabilities(blank)) as Chunk;
  const rest = texts.values();
  const whole = withAllTexts(clean, () => rest.next().value ?? '');
  const choices = whole.choices.map((choice, at) => {
    const logprobs = chunk.choices[at]?.['logprobs'];
    return logprobs === undefined || mask.isIn(logprobs) ? choice : { ...choice, logprobs };
  });
  return { ...whole, choices };
}

/** @returns the leaves of all its texts, those of probabilities last */
function leavesOf(piece: Piece): readonly Leaf[] {
  const tokens: Leaf[] = [];
  withAllTexts(piece.chunk, (channel, text) => {
    piece.texts.push({ channel, text, piece });
    return text;
  });
  for (const { index, logprobs } of piece.chunk.choices) {
    for (const token of tokensIn(logprobs, `${index}.logprobs`)) tokens.push({ ...token, piece });
  }
  const leaves = [...piece.texts, ...tokens];
  piece.waiting = leaves.length;
  return leaves;
}

function maskedChunk({ chunk, texts, touched }: Piece): Chunk {
  if (!touched) return chunk;
  const rest = texts.values();
  return withAllTexts(withoutProbabilities(chunk), () => rest.next().value?.text ?? '');
}

function cut(channel: Channel, spans: readonly Span[]): void {
  if (spans.length === 0) return;
  const { leaves } = channel;
  const texts = withoutSpans(
    leaves.map(({ text }) => text),
    spans,
  );
  for (const [index, leaf] of leaves.entries()) {
    const text = texts[index] ?? '';
    leaf.piece.touched ||= text !== leaf.text;
    leaf.text = text;
  }
  channel.text = texts.join('');
}

/** Masks all that is decided by now and lets its leaves go. @param end whether no more comes */
function decide(channel: Channel, mask: SecretMask, end: boolean): void {
  const { decided } = channel;
  const found = mask.find(channel.text.slice(decided));
  const spans = found.spans.map(({ from, to }) => ({ from: from + decided, to: to + decided }));
  const open = end ? channel.text.length : found.open + decided;
  // A place that reaches into what is open may become longer.
  const upTo = spans.reduce((least, { from, to }) => (to > open ? Math.min(least, from) : least), open);
  const before = channel.text.length;
  cut(
    channel,
    spans.filter(({ to }) => to <= upTo),
  );
  channel.decided = upTo + channel.text.length - before;
  release(channel);
}

function release(channel: Channel): void {
  let length = 0;
  let count = 0;
  for (const { text, piece } of channel.leaves) {
    if (length + text.length > channel.decided) break;
    length += text.length;
    count += 1;
    piece.waiting -= 1;
  }
  channel.leaves.splice(0, count);
  channel.text = channel.text.slice(length);
  channel.decided -= length;
}

export function createRedaction(mask: SecretMask) {
  const queue: Piece[] = [];
  const channels = new Map<string, Channel>();

  function add(leaf: Leaf): void {
    const channel = channels.get(leaf.channel) ?? { text: '', leaves: [], decided: 0 };
    channels.set(leaf.channel, channel);
    channel.text += leaf.text;
    channel.leaves.push(leaf);
    decide(channel, mask, false);
  }

  function closeAll(isOver: (channel: string) => boolean): void {
    for (const [name, channel] of channels) if (isOver(name)) decide(channel, mask, true);
  }

  function released(): Chunk[] {
    const count = queue.findIndex(({ waiting }) => waiting > 0);
    return queue.splice(0, count < 0 ? queue.length : count).map(maskedChunk);
  }

  return {
    /** Chunks that can be released now: those buffered and this one, in order, or none yet. */
    take(chunk: Chunk): Chunk[] {
      const piece: Piece = { chunk: maskAside(chunk, mask), waiting: 0, touched: false, texts: [] };
      queue.push(piece);
      for (const leaf of leavesOf(piece)) add(leaf);
      for (const { index, finish_reason: finish } of chunk.choices) {
        if (finish) closeAll((name) => name.startsWith(`${index}.`));
      }
      return released();
    },
    end(): Chunk[] {
      closeAll(() => true);
      return released();
    },
  };
}
