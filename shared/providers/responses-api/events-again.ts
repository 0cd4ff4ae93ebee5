// The events of a response that is streamed once more under its idempotency key.
import { createEmitter, type Emit, type Fields, type ResponseEvent, textOrEmpty } from './envelope.ts';
import { createPart, isTextPart, type PartKind, textIn } from './parts.ts';

const asFieldsList = (value: unknown): readonly Fields[] => (Array.isArray(value) ? (value as Fields[]) : []);

type Lists = 'content' | 'summary';

/** Items with parts → the lists that hold them. */
const LISTS: Readonly<Record<string, readonly Lists[]>> = {
  message: ['content'],
  reasoning: ['summary', 'content'],
};
/** Items with one text → its field and the name of its events. */
const TEXTS: Readonly<Record<string, readonly [field: 'arguments' | 'input', event: string]>> = {
  function_call: ['arguments', 'response.function_call_arguments'],
  custom_tool_call: ['input', 'response.custom_tool_call_input'],
};

type Writing = {
  readonly emit: Emit;
  readonly place: { readonly item_id: string; readonly output_index: number };
};

function* partEvents(part: Fields, index: number, { emit, place }: Writing): Generator<ResponseEvent> {
  if (!isTextPart(part)) return;
  const again = createPart(part['type'] as PartKind, { emit, place, index });
  yield* again.open();
  yield* again.say(textIn(part));
  yield* again.close(part).events;
}

function* itemEvents(item: Fields, output_index: number, emit: Emit): Generator<ResponseEvent> {
  const type = String(item['type']);
  const lists = LISTS[type] ?? [];
  const [field, event] = TEXTS[type] ?? [];
  const writing = { emit, place: { item_id: textOrEmpty(item['id']), output_index } };
  const empty = {
    ...item,
    ...Object.fromEntries(lists.filter((name) => name in item).map((name) => [name, []])),
    ...(field && { [field]: '' }),
    ...('status' in item && { status: 'in_progress' }),
  };
  yield emit('response.output_item.added', { output_index, item: empty });
  for (const name of lists) {
    for (const [index, part] of asFieldsList(item[name]).entries()) yield* partEvents(part, index, writing);
  }
  if (field && event) {
    yield emit(`${event}.delta`, { ...writing.place, delta: item[field] });
    const named = field === 'arguments' ? { name: item['name'] } : {};
    yield emit(`${event}.done`, { ...writing.place, ...named, [field]: item[field] });
  }
  yield emit('response.output_item.done', { output_index, item });
}

export function* responseEventsAgain(response: Fields): Generator<ResponseEvent> {
  const emit = createEmitter();
  const { usage: _usage, completed_at: _at, ...head } = response;
  const begun = { ...head, status: 'in_progress', incomplete_details: null, output: [] };
  yield emit('response.created', { response: begun });
  yield emit('response.in_progress', { response: begun });
  for (const [index, item] of asFieldsList(response['output']).entries())
    yield* itemEvents(item, index, emit);
  yield emit(`response.${String(response['status'])}`, { response });
}
