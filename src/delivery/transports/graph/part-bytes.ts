import type { MessageBody } from '../../../message/envelope.ts';
import { createMimeScanner, type MimePart } from '../../../message/mime-structure.ts';
import { createTransferDecoder } from '../../../message/transfer-decoding.ts';

/** Finds the parts of a message in one pass; undefined where there are too many. */
export async function scanParts(body: MessageBody): Promise<MimePart | undefined> {
  const scanner = createMimeScanner();
  for await (const piece of body.chunks()) scanner.push(piece);
  return scanner.end();
}

/** The content of a part with its transfer encoding taken off, as it comes out of the message. Reads the message up to the part's end. */
export async function* partBytes(
  body: MessageBody,
  part: Pick<MimePart, 'encoding' | 'start' | 'end'>,
): AsyncGenerator<Buffer> {
  const decoder = createTransferDecoder(part.encoding);
  if (decoder === undefined) throw new Error(`the transfer encoding ${part.encoding} is not known`);
  let offset = 0;
  for await (const piece of body.chunks()) {
    const inside = piece.subarray(Math.max(0, part.start - offset), Math.max(0, part.end - offset));
    offset += piece.length;
    if (inside.length > 0) {
      const decoded = decoder.push(inside);
      if (decoded.length > 0) yield decoded;
    }
    if (offset >= part.end) break;
  }
  const last = decoder.end();
  if (last.length > 0) yield last;
}

/** How many bytes each part's content has, in one pass over the message. */
export async function contentSizes(
  body: MessageBody,
  parts: readonly MimePart[],
): Promise<ReadonlyMap<MimePart, number>> {
  const counters = parts.map((part) => ({ part, decoder: createTransferDecoder(part.encoding), size: 0 }));
  let offset = 0;
  for await (const piece of body.chunks()) {
    for (const counter of counters) {
      const { part, decoder } = counter;
      if (part.end <= offset || part.start >= offset + piece.length) continue;
      const inside = piece.subarray(Math.max(0, part.start - offset), Math.max(0, part.end - offset));
      counter.size += decoder?.push(inside).length ?? 0;
    }
    offset += piece.length;
  }
  return new Map(counters.map(({ part, decoder, size }) => [part, size + (decoder?.end().length ?? 0)]));
}

/** The same bytes in pieces of `size`, the last one as long as it is. Holds one of them. */
export async function* inPieces(pieces: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let length = 0;
  for await (let piece of pieces) {
    while (length + piece.length >= size) {
      const taken = size - length;
      yield Buffer.concat([...held, piece.subarray(0, taken)]);
      piece = piece.subarray(taken);
      held = [];
      length = 0;
    }
    if (piece.length > 0) held.push(piece);
    length += piece.length;
  }
  if (length > 0) yield Buffer.concat(held);
}
