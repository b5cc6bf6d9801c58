/** How many characters of base64 so many bytes make, padding included (RFC 4648 section 4). */
export function base64Length(bytes: number): number {
  return 4 * Math.ceil(bytes / 3);
}

/**
 * `size` bytes as base64 without line breaks, piece by piece: the same however the bytes are cut. Holds back at most two of them. Rejects in
 * the end when there were more or less, which the length of the base64 would not always show.
 */
export async function* base64Body(pieces: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let total = 0;
  for await (const piece of pieces) {
    total += piece.length;
    const whole = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    const end = whole.length - (whole.length % 3);
    rest = whole.subarray(end);
    if (end > 0) yield Buffer.from(whole.toString('base64', 0, end), 'latin1');
  }
  if (rest.length > 0) yield Buffer.from(rest.toString('base64'), 'latin1');
  if (total !== size) throw new Error(`The body has ${total} bytes instead of ${size}.`);
}
