/* Takes the body of a multipart entity apart at its boundary (RFC 2046 section 5.1.1). Linear, no byte is lost. */

export interface MultipartPart {
  /** The delimiter line in front with the line end before it. */
  readonly delimiter: Buffer;
  readonly content: Buffer;
}

export interface Multipart {
  readonly preamble: Buffer;
  readonly parts: readonly MultipartPart[];
  /** The closing delimiter, where there is one, and what follows. */
  readonly epilogue: Buffer;
}

interface Delimiter {
  /** Where the line end in front of it starts. */
  readonly start: number;
  /** Behind its own line end. */
  readonly end: number;
  readonly closing: boolean;
}

const LF = 10;
const MAX_BOUNDARY = 250;

/** Undefined where there is no such boundary, or there are more parts than `limit`. */
export function splitMultipart(body: Buffer, boundary: string, limit: number): Multipart | undefined {
  if (!/^[\x20-\x7e]+$/.test(boundary) || boundary.length > MAX_BOUNDARY) return undefined;
  const marker = Buffer.from(`--${boundary}`, 'latin1');
  let current = nextDelimiter(body, marker, 0);
  if (current === undefined) return undefined;
  const preamble = body.subarray(0, current.start);
  const parts: MultipartPart[] = [];
  while (!current.closing) {
    const next = nextDelimiter(body, marker, current.end);
    const delimiter = body.subarray(current.start, current.end);
    parts.push({ delimiter, content: body.subarray(current.end, next?.start ?? body.length) });
    if (parts.length > limit) return undefined;
    if (next === undefined) return { preamble, parts, epilogue: body.subarray(body.length) };
    current = next;
  }
  return { preamble, parts, epilogue: body.subarray(current.start) };
}

function nextDelimiter(body: Buffer, marker: Buffer, from: number): Delimiter | undefined {
  for (let at = body.indexOf(marker, from); at !== -1; at = body.indexOf(marker, at + marker.length)) {
    if (at !== 0 && body[at - 1] !== LF) continue;
    const lineEnd = body.indexOf('\r\n', at);
    const end = lineEnd === -1 ? body.length : lineEnd;
    // A longer line is no delimiter, and looking at it whole would not be linear.
    if (end - at > marker.length + MAX_BOUNDARY) continue;
    const tail = body.toString('latin1', at + marker.length, end);
    if (!/^(?:--)?[ \t]*$/.test(tail)) continue;
    // The line end in front belongs to the delimiter, unless the line in front is a delimiter itself.
    const start = at >= 2 && at - 2 >= from ? at - 2 : at;
    return { start, end: lineEnd === -1 ? end : end + 2, closing: tail.startsWith('--') };
  }
  return undefined;
}
