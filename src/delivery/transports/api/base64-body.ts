/** How many characters of base64 so many bytes make, padding included (RFC 4648 section 4). */
export function base64Length(bytes: number): number {
  return 4 * Math.ceil(bytes / 3);
}

/** Bytes as base64 without line breaks, piece by piece: the same however the bytes are cut. Holds back at most two of them. */
export async function* base64Body(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of pieces) {
    const whole = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    const end = whole.length - (whole.length % 3);
    rest = whole.subarray(end);
    if (end > 0) yield Buffer.from(whole.toString('base64', 0, end), 'latin1');
  }
  if (rest.length > 0) yield Buffer.from(rest.toString('base64'), 'latin1');
}
