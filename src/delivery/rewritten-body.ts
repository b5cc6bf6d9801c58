import type { MessageBody } from '../message/envelope.ts';

const END_OF_HEADER = Buffer.from('\r\n\r\n');

/**
 * The same message with another header block; the rest is read from the original as it goes. `rewrite` takes and gives
 * the header block with the blank line behind it.
 */
export async function rewrittenBody(
  body: MessageBody,
  rewrite: (header: Buffer) => Buffer,
): Promise<MessageBody> {
  const first = await firstChunk(body);
  const end = first.indexOf(END_OF_HEADER);
  const length = end === -1 ? first.length : end + END_OF_HEADER.length;
  const header = rewrite(first.subarray(0, length));
  return {
    size: body.size - length + header.length,
    async *chunks() {
      let isFirst = true;
      for await (const chunk of body.chunks()) {
        yield isFirst ? Buffer.concat([header, chunk.subarray(length)]) : chunk;
        isFirst = false;
      }
    },
  };
}

async function firstChunk(body: MessageBody): Promise<Buffer> {
  for await (const chunk of body.chunks()) return chunk;
  return Buffer.alloc(0);
}
