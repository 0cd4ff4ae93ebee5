// The parts of output items that are text, each with the names of its events.
import { type Emit, type Fields, type ResponseEvent, textOrEmpty } from './envelope.ts';

export type PartKind = 'output_text' | 'refusal' | 'summary_text' | 'reasoning_text';

type Names = {
  /** Field of the part that holds its text. */
  readonly field: 'text' | 'refusal';
  readonly empty: Fields;
  /** Its text's events, without `.delta` and `.done`. */
  readonly text: string;
  /** Its own events, without `.added` and `.done`; absent: it has none. */
  readonly part?: string;
  readonly at: 'content_index' | 'summary_index';
  /** Further fields of the text's events. */
  readonly more: Fields;
};

const CONTENT = { part: 'response.content_part', at: 'content_index' } as const;

const PARTS: Readonly<Record<PartKind, Names>> = {
  output_text: {
    ...CONTENT,
    field: 'text',
    empty: { annotations: [], logprobs: [] },
    text: 'response.output_text',
    more: { logprobs: [] },
  },
  refusal: { ...CONTENT, field: 'refusal', empty: {}, text: 'response.refusal', more: {} },
  summary_text: {
    field: 'text',
    empty: {},
    text: 'response.reasoning_summary_text',
    part: 'response.reasoning_summary_part',
    at: 'summary_index',
    more: {},
  },
  reasoning_text: {
    field: 'text',
    empty: {},
    text: 'response.reasoning_text',
    at: 'content_index',
    more: {},
  },
};

export type Place = { readonly item_id: string; readonly output_index: number };

/** @param index of the part in its item */
export function createPart(
  kind: PartKind,
  { emit, place, index }: { emit: Emit; place: Place; index: number },
) {
  const { field, empty, text: name, part, at, more } = PARTS[kind];
  const where = { ...place, [at]: index };
  const whole = (text: string): Fields => ({ type: kind, ...empty, [field]: text });
  const partEvent = (suffix: string, text: string) =>
    part === undefined ? [] : [emit(`${part}.${suffix}`, { ...where, part: whole(text) })];
  let text = '';
  return {
    kind,
    open: (): ResponseEvent[] => partEvent('added', ''),
    say(piece: string): ResponseEvent[] {
      if (piece === '') return [];
      text += piece;
      return [emit(`${name}.delta`, { ...where, delta: piece, ...more })];
    },
    /** @param full the part as it was, where it is written again */
    close(full: Fields = whole(text)): { readonly events: ResponseEvent[]; readonly part: Fields } {
      const said = emit(`${name}.done`, { ...where, [field]: text, ...more });
      const done = part === undefined ? [] : [emit(`${part}.done`, { ...where, part: full })];
      return { events: [said, ...done], part: full };
    },
  };
}
export type OpenPart = ReturnType<typeof createPart>;

export const textIn = (part: Fields): string => textOrEmpty(part[PARTS[part['type'] as PartKind]?.field]);
export const isTextPart = (part: Fields): boolean => Object.hasOwn(PARTS, String(part['type']));
