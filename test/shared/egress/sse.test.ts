import { expect, it } from 'vitest';

import { sseEvents } from '#shared/egress/sse.ts';

async function* inPieces(text: string, size: number) {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield new Uint8Array(bytes.subarray(at, at + size));
}

const read = (text: string, size = 7) => Array.fromAsync(sseEvents(inPieces(text, size)));

it.each([1, 2, 3, 1000])('reads the same events, wherever the bytes are cut: every %i', async (size) => {
  const text = ': hello\r\n\r\nevent: greeting\r\ndata: häi 🎈\r\n\r\ndata:a\ndata: b\nid: 7\n\ndata\n\n';
  expect(await read(text, size)).toEqual([
    { event: 'greeting', data: 'häi 🎈' },
    { event: 'message', data: 'a\nb' },
    { event: 'message', data: '' },
  ]);
});

it('drops an event that was not ended', async () => {
  expect(await read('data: one\n\ndata: two')).toEqual([{ event: 'message', data: 'one' }]);
});

it.each([
  ['a field without end', `data: ${'x'.repeat(2 ** 20 + 1)}`],
  ['an event of many lines', `data: ${'y'.repeat(2 ** 12)}\n`.repeat(2 ** 9)],
  ['more events than an answer has', 'data\n\n'.repeat(200_001)],
  ['more comments than an answer has', ':\n'.repeat(200_001)],
])('rejects %s', async (_what, text) => {
  await expect(read(text, 65_536)).rejects.toMatchObject({ code: 'upstream_malformed' });
});

async function* noText() {
  yield Uint8Array.of(0x64, 0xff, 0xfe);
}

it('rejects bytes that are no text', async () => {
  await expect(Array.fromAsync(sseEvents(noText()))).rejects.toMatchObject({ code: 'upstream_malformed' });
});
