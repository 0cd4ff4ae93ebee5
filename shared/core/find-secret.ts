// Positions in a text at which a secret occurs, in any encoding and with any of its characters escaped.
import {
  type Escape,
  escapeAt,
  hasEscapes,
  INTRODUCERS,
  startsEscape,
  type Unescaped,
  unescaped,
} from './escapes.ts';
import type { Secret } from './secret.ts';

/** Characters by their value in an encoding; those above ASCII have none. */
type Alphabet = Uint8Array;
const alphabet = (same: Readonly<Record<string, string>> = {}): Alphabet =>
  Uint8Array.from({ length: 128 }, (_, code) => {
    const char = String.fromCharCode(code);
    return (same[char] ?? char).charCodeAt(0);
  });
const ASCII = alphabet();
const HEX = alphabet({ A: 'a', B: 'b', C: 'c', D: 'd', E: 'e', F: 'f' });
const BASE64 = alphabet({ '-': '+', _: '/' });

export type Form = {
  readonly codes: Uint8Array;
  readonly alphabet: Alphabet;
  /** Escape sequences that the secret itself contains, by position: a text may contain them already decoded. */
  readonly sequences: ReadonlyMap<number, Escape>;
};

function searchForm(text: string, written: Alphabet): Form {
  const sequences = new Map<number, Escape>();
  for (let at = 0; at < text.length; at += 1) {
    const escape = startsEscape(text.charCodeAt(at)) ? escapeAt(text, at) : undefined;
    if (escape && escape !== 'cut') sequences.set(at, escape);
  }
  return { codes: Buffer.from(text), alphabet: written, sequences };
}

/** Base64 of the secret at this byte offset modulo three, without the characters that depend on its neighbours. */
function base64From(bytes: Buffer, shift: number): string {
  const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
  return text.slice(Math.ceil((shift * 8) / 6));
}

/** Plain, reversed, hexadecimal, and base64 at each of its three alignments. */
export function formsOf(secret: Secret): readonly Form[] {
  const plain = secret.reveal();
  const bytes = Buffer.from(plain);
  return [
    searchForm(plain, ASCII),
    searchForm(Array.from(plain).toReversed().join(''), ASCII),
    searchForm(bytes.toString('hex'), HEX),
    ...[0, 1, 2].map((shift) => searchForm(base64From(bytes, shift), BASE64)),
  ];
}

export type Span = { readonly from: number; readonly to: number };

/** @property open start of the earliest form that continues beyond the end; the text's length if there is none */
export type Found = { readonly spans: readonly Span[]; readonly open: number };

type Match = { matched: number; to: number; open: boolean };

/**
 * Position in the text, and the length of the matched part of the form. A position beyond the text is within a
 * truncated sequence.
 */
type State = { readonly at: number; readonly matched: number };

function readingsAt(text: string, at: number): Escape[] {
  const code = text.charCodeAt(at);
  const literal = { code, to: at + 1 };
  const escape = startsEscape(code) ? escapeAt(text, at) : undefined;
  return escape && escape !== 'cut' ? [literal, escape] : [literal];
}

/** Reads one character, literally or as an escape sequence. */
function statesAfter(text: string, { at, matched }: State, { alphabet: values, codes, sequences }: Form) {
  const states: State[] = [];
  const own = sequences.get(matched);
  for (const { code, to } of readingsAt(text, at)) {
    if (values[code] === codes[matched]) states.push({ at: to, matched: matched + 1 });
    if (own?.code === code) states.push({ at: to, matched: own.to });
  }
  // A truncated sequence may represent the expected character.
  if (escapeAt(text, at) === 'cut') states.push({ at: Infinity, matched: matched + 1 });
  return states;
}

/** Explores every reading of ambiguous characters, each state once. */
function branchesAt(text: string, first: Match, form: Form): Match {
  const { length } = form.codes;
  let best = first;
  const seen = new Set<number>();
  const branches: State[] = [{ at: first.to, matched: first.matched }];
  for (let state = branches.pop(); state; state = branches.pop()) {
    const { at, matched } = state;
    const open = best.open || at > text.length || (at === text.length && matched < length);
    best = matched > best.matched ? { matched, to: Math.min(at, text.length), open } : { ...best, open };
    if (matched === length || at >= text.length) continue;
    for (const next of statesAfter(text, state, form)) {
      const id = next.at * (length + 1) + next.matched;
      if (!seen.has(id)) branches.push(next);
      seen.add(id);
    }
  }
  return best;
}

/** Longest prefix of the form at this position. */
function matchAt(text: string, start: number, form: Form): Match {
  const { codes, alphabet: values, sequences } = form;
  let [at, matched] = [start, 0];
  for (; matched < codes.length && at < text.length; at += 1, matched += 1) {
    const code = text.charCodeAt(at);
    if (startsEscape(code) || sequences.has(matched))
      return branchesAt(text, { matched, to: at, open: false }, form);
    if (values[code] !== codes[matched]) break;
  }
  return { matched, to: at, open: at === text.length && matched < codes.length };
}

/** Half of a form counts as a match. */
const isEnough = ({ matched }: Match, { codes }: Form): boolean => 2 * matched >= codes.length;

/** Minimum length of a text with a match. Escape sequences only lengthen a text, except those of the secret itself. */
export function shortestOf(forms: readonly Form[]): number {
  const lengths = forms.map(({ codes, sequences }) => {
    const own = [...sequences].reduce((sum, [at, { to }]) => sum + to - at - 1, 0);
    return Math.ceil(codes.length / 2) - own;
  });
  return Math.min(...lengths);
}

/** Merges overlapping spans. */
function united(spans: readonly Span[]): Span[] {
  const all: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.from - b.from || a.to - b.to)) {
    const last = all.at(-1);
    if (last && span.from < last.to)
      all[all.length - 1] = { from: last.from, to: Math.max(last.to, span.to) };
    else all.push(span);
  }
  return all;
}

/** Maximum depth of nested escape sequences. */
const MAX_LAYERS = 8;

/** The text with sequences of one kind decoded once, twice and so on; and with those of all kinds. */
function* layersOf(text: string): Generator<Unescaped> {
  const present = INTRODUCERS.filter((introducer) => text.includes(introducer));
  for (const introducers of present.length > 1 ? [...present, present.join('')] : present) {
    let layer = unescaped(text, introducers);
    for (let count = 1; layer && count < MAX_LAYERS && hasEscapes(layer.text); count += 1) {
      yield layer;
      const { starts } = layer;
      const next = unescaped(layer.text, introducers);
      layer = next && { text: next.text, starts: next.starts.map((at) => starts[at] ?? text.length) };
    }
  }
}

/** @param forms of the secret. Run time grows with the length of the text, in the worst case times that of a form. */
export function createFinder(forms: readonly Form[]) {
  const starting = Array.from({ length: 128 }, (_, code) => {
    const these = forms.filter(
      ({ codes, alphabet: values, sequences }) =>
        values[code] === codes[0] || sequences.get(0)?.code === code,
    );
    return these.length > 0 ? these : undefined;
  });

  function foundIn(text: string): { spans: Span[]; open: number } {
    const spans: Span[] = [];
    let open = text.length;
    const tryForms = (at: number, candidates: readonly Form[] = []) => {
      for (const form of candidates) {
        const match = matchAt(text, at, form);
        if (match.open) open = Math.min(open, at);
        if (isEnough(match, form)) spans.push({ from: at, to: match.to });
      }
    };
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      const candidates = starting[code];
      if (candidates) tryForms(at, candidates);
      if (!startsEscape(code)) continue;
      const escape = escapeAt(text, at);
      if (escape === 'cut') open = Math.min(open, at);
      else if (escape) tryForms(at, starting[escape.code]);
    }
    return { spans, open };
  }

  return (text: string): Found => {
    let { spans, open } = foundIn(text);
    for (const layer of layersOf(text)) {
      const place = (at: number) => layer.starts[at] ?? text.length;
      const deeper = foundIn(layer.text);
      spans = [...spans, ...deeper.spans.map(({ from, to }) => ({ from: place(from), to: place(to) }))];
      open = Math.min(open, place(deeper.open));
    }
    return { spans: united(spans), open };
  };
}
