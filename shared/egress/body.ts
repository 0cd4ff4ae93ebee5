// Response body with size limits applied during decompression: a few kilobytes of gzip can expand to a gigabyte.
import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip } from 'node:zlib';

import { AppError } from '#shared/core/errors.ts';

const MAX_RATIO = 100;
/** Decompressed size from which the ratio is checked: short repetitive texts exceed it legitimately. */
const RATIO_FROM = 64 * 1024;

const INITIAL_CAPACITY = 16 * 1024;
/** Allowed ratio of wire bytes to body bytes. One chunk per byte costs Node three seconds of CPU per megabyte. */
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
    default: // two encodings, or one that was not requested
      throw new AppError('upstream_malformed', 'The response has an unknown content encoding.');
  }
}

/** Counts the received bytes. @throws {AppError} `upstream_malformed` for too many small chunks */
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

/** Single growing buffer for all chunks: keeping one-byte chunks separately takes a hundred times their size. */
function createByteBuffer(maxBytes: number) {
  let storage = new Uint8Array(Math.min(INITIAL_CAPACITY, maxBytes));
  let length = 0;
  return {
    /** Appends a chunk. The buffer never grows beyond `maxBytes`. */
    add(piece: Uint8Array): void {
      if (length + piece.length > storage.length) {
        const larger = new Uint8Array(
          Math.min(maxBytes, Math.max(2 * storage.length, length + piece.length)),
        );
        larger.set(storage);
        storage = larger;
      }
      storage.set(piece, length);
      length += piece.length;
    },
    whole: () => storage.subarray(0, length),
  };
}

/** Reads a body from its chunks. @throws {AppError} `upstream_malformed` when it is too large */
export async function readAll(pieces: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const buffer = createByteBuffer(maxBytes);
  for await (const piece of pieces) {
    if (buffer.whole().length + piece.length > maxBytes) throw tooLarge();
    buffer.add(piece);
  }
  return buffer.whole();
}

/** @throws {AppError} `upstream_malformed` when the body is too large or has an encoding that was not requested */
export async function readBody(
  response: IncomingMessage,
  { maxBytes, restartIdle }: { maxBytes: number; restartIdle: () => void },
): Promise<Uint8Array> {
  const decoder = decoderFor(response);
  if (!decoder && Number(response.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
  const buffer = createByteBuffer(maxBytes);
  const count = createCount(response);
  let received = 0;
  let length = 0;

  async function* packed(source: AsyncIterable<Uint8Array>) {
    for await (const chunk of source) {
      restartIdle();
      received = count(chunk);
      yield chunk;
    }
  }

  async function collect(source: AsyncIterable<Uint8Array>) {
    for await (const chunk of source) {
      length += chunk.length;
      if (length > maxBytes || (length > RATIO_FROM && length > received * MAX_RATIO)) throw tooLarge();
      buffer.add(chunk);
    }
  }

  await (decoder ? pipeline(response, packed, decoder, collect) : collect(packed(response)));
  return buffer.whole();
}

/**
 * Applies the same bounds to a streamed body. Streams are requested without compression, see the request headers.
 * @throws {AppError} `upstream_malformed`
 */
export async function* piecesOf(
  response: IncomingMessage,
  { maxBytes, restartIdle }: { maxBytes: number; restartIdle: () => void },
): AsyncGenerator<Uint8Array> {
  if (decoderFor(response))
    throw new AppError('upstream_malformed', 'The response has an unknown content encoding.');
  const count = createCount(response);
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    restartIdle();
    if (count(chunk) > maxBytes) throw tooLarge();
    yield chunk;
  }
}
