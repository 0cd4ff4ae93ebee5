// An answer's body, counted as it is unpacked: a few kilobytes of gzip can be a gigabyte of zeros.
import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip } from 'node:zlib';

import { AppError } from '#shared/core/errors.ts';

const MAX_RATIO = 100;
/** Short texts of one letter compress better than any bomb. */
const RATIO_FROM = 64 * 1024;

const FIRST_ROOM = 16 * 1024;
/** A chunk for every byte costs Node three seconds for a megabyte: so much more may come on the wire than it holds. */
const MAX_FRAMING = 4;
const FRAMING_FROM = 64 * 1024;

const tooLarge = () => new AppError('upstream_malformed', 'The response is too large.');

function decoderFor(response: IncomingMessage) {
  switch (response.headers['content-encoding']?.trim().toLowerCase() ?? '') {
    case '':
    case 'identity':
      return undefined;
    case 'gzip':
      return createGunzip();
    case 'br':
      return createBrotliDecompress();
    default: // two layers, or one we did not ask for
      throw new AppError('upstream_malformed', 'The response has an unknown content encoding.');
  }
}

/** Counts what comes. @throws {AppError} `upstream_malformed` where it comes in crumbs */
function createCount({ socket }: IncomingMessage) {
  const start = socket.bytesRead;
  let bytes = 0;
  return (piece: Uint8Array): number => {
    bytes += piece.length;
    const wire = socket.bytesRead - start;
    if (wire > FRAMING_FROM && wire > bytes * MAX_FRAMING)
      throw new AppError('upstream_malformed', 'The response arrives in too many small chunks.');
    return bytes;
  };
}

/** One growing room for all pieces: kept each by itself, those of one byte would weigh a hundred times as much. */
function createPile(maxBytes: number) {
  let room = new Uint8Array(Math.min(FIRST_ROOM, maxBytes));
  let length = 0;
  return {
    /** Never more than `maxBytes` in all. */
    add(piece: Uint8Array): void {
      if (length + piece.length > room.length) {
        const larger = new Uint8Array(Math.min(maxBytes, Math.max(2 * room.length, length + piece.length)));
        larger.set(room);
        room = larger;
      }
      room.set(piece, length);
      length += piece.length;
    },
    whole: () => room.subarray(0, length),
  };
}

/** A body that came in pieces after all. @throws {AppError} `upstream_malformed` when it is too large */
export async function wholeOf(pieces: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const pile = createPile(maxBytes);
  for await (const piece of pieces) {
    if (pile.whole().length + piece.length > maxBytes) throw tooLarge();
    pile.add(piece);
  }
  return pile.whole();
}

/** @throws {AppError} `upstream_malformed` when it is too large or packed in a way we did not ask for */
export async function readBody(
  response: IncomingMessage,
  { maxBytes, heard }: { maxBytes: number; heard: () => void },
): Promise<Uint8Array> {
  const decoder = decoderFor(response);
  if (!decoder && Number(response.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
  const pile = createPile(maxBytes);
  const count = createCount(response);
  let received = 0;
  let length = 0;

  async function* packed(source: AsyncIterable<Uint8Array>) {
    for await (const chunk of source) {
      heard();
      received = count(chunk);
      yield chunk;
    }
  }

  async function collect(source: AsyncIterable<Uint8Array>) {
    for await (const chunk of source) {
      length += chunk.length;
      if (length > maxBytes || (length > RATIO_FROM && length > received * MAX_RATIO)) throw tooLarge();
      pile.add(chunk);
    }
  }

  await (decoder ? pipeline(response, packed, decoder, collect) : collect(packed(response)));
  return pile.whole();
}

/**
 * The same bounds on a body that is handed on as it comes. Nothing was to be packed: see the request's headers.
 * @throws {AppError} `upstream_malformed`
 */
export async function* piecesOf(
  response: IncomingMessage,
  { maxBytes, heard }: { maxBytes: number; heard: () => void },
): AsyncGenerator<Uint8Array> {
  if (decoderFor(response))
    throw new AppError('upstream_malformed', 'The response has an unknown content encoding.');
  const count = createCount(response);
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    heard();
    if (count(chunk) > maxBytes) throw tooLarge();
    yield chunk;
  }
}
