// The key taken out of an answer that spells it over several pieces. A piece whose end may be the key's beginning waits for
// what follows it; most pass at once, and all that hold nothing of the key pass as they came.
import type { Chunk } from './chat-answer.ts';
import { jsonWithout, REDACTED } from './without-secret.ts';

/** A text that goes on from piece to piece: what is said, thought or refused, or the arguments of a call. */
type Leaf = { readonly channel: string; text: string; readonly piece: Piece };
type Piece = { readonly chunk: Chunk; leaves: readonly Leaf[]; waiting: number; touched: boolean };
/** Of one channel: the leaves that are not decided yet, one after the other. */
type Channel = { text: string; leaves: Leaf[] };

type Delta = Chunk['choices'][number]['delta'];
type Replace = (channel: string, text: string) => string;
type CalledTool = { readonly index?: number; readonly function?: { readonly arguments?: unknown } };

function withArguments(calls: readonly CalledTool[], choice: number, replace: Replace) {
  return calls.map((call) => {
    const given = call.function?.arguments;
    if (typeof given !== 'string') return call;
    const text = replace(`${choice}.tool_calls.${call.index ?? 0}`, given);
    return { ...call, function: { ...call.function, arguments: text } };
  });
}

/** The same with every text that goes on replaced, always in the same order. A role does not go on. */
function withTexts(delta: Delta, choice: number, replace: Replace): Delta {
  const fields = Object.entries(delta).map(([field, value]) => {
    if (typeof value === 'string' && field !== 'role') return [field, replace(`${choice}.${field}`, value)];
    if (field !== 'tool_calls' || !Array.isArray(value)) return [field, value];
    return [field, withArguments(value as CalledTool[], choice, replace)];
  });
  return Object.fromEntries(fields) as Delta;
}

const withAllTexts = (chunk: Chunk, replace: Replace): Chunk => ({
  ...chunk,
  choices: chunk.choices.map((choice) => ({
    ...choice,
    delta: withTexts(choice.delta, choice.index, replace),
  })),
});

/** The key taken out of all that does not go on: names, ids, probabilities. What goes on is not looked at. */
function cleanAside(chunk: Chunk, forms: readonly string[]): Chunk {
  const texts: string[] = [];
  const blank = withAllTexts(chunk, (_channel, text) => {
    texts.push(text);
    return '';
  });
  const aside = JSON.stringify(blank);
  if (!aside.includes('\\') && !forms.some((form) => aside.includes(form))) return chunk;
  const rest = texts.values();
  return withAllTexts(jsonWithout(aside, forms) as Chunk, () => rest.next().value ?? '');
}

function pieceOf(chunk: Chunk): Piece {
  const piece: Piece = { chunk, leaves: [], waiting: 0, touched: false };
  const leaves: Leaf[] = [];
  for (const { index, delta } of chunk.choices) {
    withTexts(delta, index, (channel, text) => {
      leaves.push({ channel, text, piece });
      return text;
    });
  }
  return Object.assign(piece, { leaves, waiting: leaves.length });
}

/** `logprobs` say the same once more, token by token. */
function chunkOf({ chunk, leaves, touched }: Piece): Chunk {
  if (!touched) return chunk;
  const texts = leaves.values();
  const silent = { ...chunk, choices: chunk.choices.map(({ logprobs: _dropped, ...choice }) => choice) };
  return withAllTexts(silent, () => texts.next().value?.text ?? '');
}

/** Where the end starts that may be the beginning of a form; the text's length if it is none. */
function undecidedFrom(text: string, forms: readonly string[]): number {
  const longest = forms[0]?.length ?? 0;
  for (let at = Math.max(0, text.length - longest); at < text.length; at += 1) {
    const end = text.slice(at);
    if (forms.some((form) => form.length > end.length && form.startsWith(end))) return at;
  }
  return text.length;
}

/** The first that is there from `from` on; of several at one place the longest. */
function found(text: string, forms: readonly string[], from: number): [number, number] | undefined {
  const hits = forms.flatMap((form) => {
    const at = text.indexOf(form, from);
    return at < 0 ? [] : [[at, at + form.length] as [number, number]];
  });
  return hits.toSorted((a, b) => a[0] - b[0] || b[1] - a[1])[0];
}

function cut(channel: Channel, [from, to]: readonly [number, number]): void {
  let start = 0;
  for (const leaf of channel.leaves) {
    const end = start + leaf.text.length;
    if (start < to && end > from) {
      const before = leaf.text.slice(0, Math.max(0, from - start));
      const after = leaf.text.slice(Math.min(leaf.text.length, to - start));
      leaf.text = before + (start <= from ? REDACTED : '') + after;
      leaf.piece.touched = true;
    }
    start = end;
  }
  channel.text = channel.text.slice(0, from) + REDACTED + channel.text.slice(to);
}

/** Takes every whole form out, but one that may still become a longer one. @returns from where nothing is decided */
function clean(channel: Channel, forms: readonly string[], since: number): number {
  let from = Math.max(0, since - (forms[0]?.length ?? 0));
  for (;;) {
    const undecided = undecidedFrom(channel.text, forms);
    const hit = found(channel.text, forms, from);
    if (!hit || undecided <= hit[0]) return undecided;
    cut(channel, hit);
    from = hit[0] + REDACTED.length;
  }
}

function decide(channel: Channel, upTo: number): void {
  let end = 0;
  for (let [leaf] = channel.leaves; leaf && end + leaf.text.length <= upTo; [leaf] = channel.leaves) {
    end += leaf.text.length;
    leaf.piece.waiting -= 1;
    channel.leaves.shift();
  }
  channel.text = channel.text.slice(end);
}

/** No more comes. Half a key and more is as good as the key. */
function close(channel: Channel, forms: readonly string[]): void {
  for (let hit = found(channel.text, forms, 0); hit; ) {
    cut(channel, hit);
    hit = found(channel.text, forms, hit[0] + REDACTED.length);
  }
  const from = undecidedFrom(channel.text, forms);
  const end = channel.text.slice(from);
  if (forms.some((form) => form.startsWith(end) && 2 * end.length >= form.length)) {
    cut(channel, [from, channel.text.length]);
  }
  decide(channel, channel.text.length);
}

/** @param forms of the key, the longest first */
export function createRedaction(forms: readonly string[]) {
  const queue: Piece[] = [];
  const channels = new Map<string, Channel>();

  function add(leaf: Leaf): void {
    const channel = channels.get(leaf.channel) ?? { text: '', leaves: [] };
    channels.set(leaf.channel, channel);
    const since = channel.text.length;
    channel.text += leaf.text;
    channel.leaves.push(leaf);
    decide(channel, clean(channel, forms, since));
  }

  function closeAll(isOver: (channel: string) => boolean): void {
    for (const [name, channel] of channels) if (isOver(name)) close(channel, forms);
  }

  function released(): Chunk[] {
    const count = queue.findIndex(({ waiting }) => waiting > 0);
    return queue.splice(0, count < 0 ? queue.length : count).map(chunkOf);
  }

  return {
    /** What may go on now: this one and those before it, or nothing yet. */
    take(chunk: Chunk): Chunk[] {
      const piece = pieceOf(cleanAside(chunk, forms));
      queue.push(piece);
      for (const leaf of piece.leaves) add(leaf);
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
