// Output items of a response while they are written: messages, reasoning, calls.
import type { Emit, Fields, ResponseEvent } from './envelope.ts';
import { createPart, type OpenPart, type PartKind } from './parts.ts';
import { packThoughts } from './thoughts.ts';

type Slots = ReturnType<typeof createSlots>;

/** Numbers the items and keeps those that are complete. */
export function createSlots(emit: Emit) {
  const output: Fields[] = [];
  let count = 0;
  return {
    next: (): number => count++,
    added: (index: number, item: Fields) => emit('response.output_item.added', { output_index: index, item }),
    done(index: number, item: Fields): ResponseEvent {
      output[index] = item;
      return emit('response.output_item.done', { output_index: index, item });
    },
    items: (): readonly Fields[] => output,
  };
}

type Context = { readonly base: string; readonly emit: Emit; readonly slots: Slots };

type OpenItem = {
  readonly kind: 'message' | 'reasoning';
  readonly index: number;
  readonly id: string;
  readonly parts: Fields[];
  readonly thoughts: unknown[];
  part?: OpenPart | undefined;
};

const PREFIX = { message: 'msg', reasoning: 'rs' } as const;

function itemOf({ kind, id, parts, thoughts }: OpenItem, status: string): Fields {
  if (kind === 'message') return { type: kind, id, status, role: 'assistant', content: parts };
  const sealed = thoughts.length > 0 ? { encrypted_content: packThoughts(thoughts) } : {};
  return { type: kind, id, summary: parts, ...sealed };
}

/** Text and thoughts, of which one item is open at a time. */
export function createTexts({ base, emit, slots }: Context) {
  let open: OpenItem | undefined;

  function closePart(item: OpenItem): ResponseEvent[] {
    const closed = item.part?.close();
    item.part = undefined;
    if (closed) item.parts.push(closed.part);
    return closed?.events ?? [];
  }

  function close(status = 'completed'): ResponseEvent[] {
    const item = open;
    open = undefined;
    return item ? [...closePart(item), slots.done(item.index, itemOf(item, status))] : [];
  }

  function openItem(kind: OpenItem['kind']): { item: OpenItem; events: ResponseEvent[] } {
    if (open?.kind === kind) return { item: open, events: [] };
    const closed = close();
    const index = slots.next();
    const item: OpenItem = { kind, index, id: `${PREFIX[kind]}_${base}_${index}`, parts: [], thoughts: [] };
    const empty = { ...itemOf(item, 'in_progress'), [kind === 'message' ? 'content' : 'summary']: [] };
    open = item;
    return { item, events: [...closed, slots.added(index, empty)] };
  }

  function openPart(item: OpenItem, kind: PartKind): ResponseEvent[] {
    if (item.part?.kind === kind) return [];
    const closed = closePart(item);
    const place = { item_id: item.id, output_index: item.index };
    item.part = createPart(kind, { emit, place, index: item.parts.length });
    return [...closed, ...item.part.open()];
  }

  return {
    close,
    say(kind: PartKind, text: string): ResponseEvent[] {
      if (text === '') return [];
      const { item, events } = openItem(kind === 'summary_text' ? 'reasoning' : 'message');
      const begun = openPart(item, kind);
      return [...events, ...begun, ...(item.part?.say(text) ?? [])];
    },
    /** Thoughts that their provider must get back unchanged. */
    keep(blocks: readonly unknown[]): ResponseEvent[] {
      if (blocks.length === 0) return [];
      const { item, events } = openItem('reasoning');
      item.thoughts.push(...blocks);
      return events;
    },
  };
}

type OpenCall = {
  /** -1 until its name is known. */
  index: number;
  readonly id: string;
  call_id: string;
  name: string;
  text: string;
  waiting: string;
};
type CallPiece = Partial<Record<'id' | 'name' | 'arguments', string | null | undefined>>;

const callItem = ({ id, call_id, name }: OpenCall, args: string, status: string): Fields => ({
  type: 'function_call',
  id,
  call_id,
  name,
  arguments: args,
  status,
});

/** Calls stay open until the answer ends, for their pieces may be interleaved. */
export function createCalls({ base, emit, slots }: Context) {
  const calls = new Map<number, OpenCall>();

  function flush(call: OpenCall): ResponseEvent[] {
    const { waiting: delta, id, index } = call;
    if (delta === '') return [];
    call.waiting = '';
    call.text += delta;
    return [emit('response.function_call_arguments.delta', { item_id: id, output_index: index, delta })];
  }

  function close(call: OpenCall, status: string): ResponseEvent[] {
    const args = call.text === '' && status === 'completed' ? '{}' : call.text;
    const place = { item_id: call.id, output_index: call.index, name: call.name };
    const said = emit('response.function_call_arguments.done', { ...place, arguments: args });
    return [said, slots.done(call.index, callItem(call, args, status))];
  }

  const callAt = (at: number): OpenCall => {
    const id = `fc_${base}_${at}`;
    const call = calls.get(at) ?? { index: -1, id, call_id: '', name: '', text: '', waiting: '' };
    calls.set(at, call);
    return call;
  };

  return {
    /** @param before closes what is open when a call begins */
    add(at: number, piece: CallPiece, before: () => ResponseEvent[]): ResponseEvent[] {
      const call = callAt(at);
      call.call_id ||= piece.id ?? '';
      call.waiting += piece.arguments ?? '';
      if (call.index >= 0) return flush(call);
      call.name += piece.name ?? '';
      if (call.name === '') return [];
      call.call_id ||= `call_${base}_${at}`;
      const closed = before();
      call.index = slots.next();
      return [...closed, slots.added(call.index, callItem(call, '', 'in_progress')), ...flush(call)];
    },
    close: (status: string): ResponseEvent[] =>
      [...calls.values()].filter(({ index }) => index >= 0).flatMap((call) => close(call, status)),
    any: () => calls.size > 0,
  };
}
