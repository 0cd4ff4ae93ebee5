// An answer's body, counted as it is unpacked: a few kilobytes of gzip can be a gigabyte of zeros.
import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip } from 'node:zlib';

import { AppError } from '#shared/core/errors.ts';

const MAX_RATIO = 100;
/** Short texts of one letter compress better than any bomb. */
const RATIO_FROM = 64 * 1024;

const tooLarge = () => new AppError('upstream_malformed', 'The answer is too large.');

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
      throw new AppError('upstream_malformed', 'The answer has an unknown encoding.');
  }
}

/** @throws {AppError} `upstream_malformed` when it is too large or packed in a way we did not ask for */
export async function readBody(
  response: IncomingMessage,
  { maxBytes, heard }: { maxBytes: number; heard: () => void },
): Promise<Uint8Array> {
  const decoder = decoderFor(response);
  if (!decoder && Number(response.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let received = 0;
  let length = 0;

  async function* packed(source: AsyncIterable<Uint8Array>) {
    for await (const chunk of source) {
      heard();
      received += chunk.length;
      yield chunk;
    }
  }

  async function collect(source: AsyncIterable<Uint8Array>) {
    for await (const chunk of source) {
      length += chunk.length;
      if (length > maxBytes || (length > RATIO_FROM && length > received * MAX_RATIO)) throw tooLarge();
      chunks.push(chunk);
    }
  }

  await (decoder ? pipeline(response, packed, decoder, collect) : collect(packed(response)));
  return new Uint8Array(Buffer.concat(chunks));
}

/**
 * The same bounds on a body that is handed on as it comes. Nothing was to be packed: see the request's headers.
 * @throws {AppError} `upstream_malformed`
 */
export async function* piecesOf(
  response: IncomingMessage,
  { maxBytes, heard }: { maxBytes: number; heard: () => void },
): AsyncGenerator<Uint8Array> {
  if (decoderFor(response)) throw new AppError('upstream_malformed', 'The answer has an unknown encoding.');
  let length = 0;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    heard();
    length += chunk.length;
    if (length > maxBytes) throw tooLarge();
    yield chunk;
  }
}
