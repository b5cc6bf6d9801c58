/*
 * Takes the bytes of an SMTP client apart into command lines and message content. Pure: it never touches a socket, so
 * every split of the input can be tested, and every split gives the same result.
 *
 * Content ends at CRLF.CRLF and nowhere else (RFC 5321 section 4.1.1.4); a bare LF, a bare CR or a NUL never ends it,
 * so that nobody can smuggle a second message into the first one. Command lines may end in a bare LF, as old devices
 * send them. Memory is bounded: one piece as it came in, and one partial line of at most `maxLine` bytes.
 */

const LF = 0x0a;
const CR = 0x0d;
const DOT = 0x2e;
const NOTHING = Buffer.alloc(0);
const LINE_START_DOT = Buffer.from('\r\n.');

/** Where in a line of content the next byte stands; dots are looked at only behind CRLF. */
type ContentState = 'inside' | 'cr' | 'line-start' | 'dot' | 'dot-cr';

/**
 * `line`: a command, its text is in `text`. `content`: a piece of the message, unstuffed, in `bytes`. `end`: the message
 * is over, commands follow. `too-long`: a command line beyond the limit; nothing more is read. `more`: feed the next piece.
 */
export type WireEvent = 'line' | 'content' | 'end' | 'too-long' | 'more';

/** Feed, then call `next` until it answers `more`. */
export class WireReader {
  /** The command line without its line end; valid after `line`. */
  text = '';
  /** The piece of content; valid after `content` until the next call. Shares memory with what was fed. */
  bytes: Buffer = NOTHING;

  readonly #maxLine: number;
  #chunk: Buffer = NOTHING;
  #position = 0;
  #partial: Buffer = NOTHING;
  #partialLength = 0;
  #content = false;
  #state: ContentState = 'line-start';
  #stopped = false;

  /** @param maxLine longest command line in bytes, line end not counted */
  constructor(maxLine: number) {
    this.#maxLine = maxLine;
  }

  /** A command line has begun and its end has not come yet. */
  get insideLine(): boolean {
    return this.#partialLength > 0;
  }

  /** Hands over the next bytes; allowed only after `more`. */
  feed(chunk: Buffer): void {
    this.#chunk = chunk;
    this.#position = 0;
  }

  /** What follows is content, until its end. */
  startContent(): void {
    this.#content = true;
    this.#state = 'line-start';
  }

  /** Forgets everything and answers `more` from now on. */
  stop(): void {
    this.#stopped = true;
    this.#chunk = NOTHING;
    this.#partial = NOTHING;
    this.#partialLength = 0;
  }

  next(): WireEvent {
    if (this.#stopped) return 'more';
    return this.#content ? this.#nextContent() : this.#nextLine();
  }

  #nextLine(): WireEvent {
    const chunk = this.#chunk;
    const start = this.#position;
    if (start >= chunk.length) return 'more';
    const end = chunk.indexOf(LF, start);
    if (end === -1) return this.#keepPartial(chunk, start);
    this.#position = end + 1;
    if (this.#partialLength === 0) return this.#line(chunk, start, end);
    if (!this.#append(chunk, start, end)) return this.#tooLong();
    const length = this.#partialLength;
    this.#partialLength = 0;
    return this.#line(this.#partial, 0, length);
  }

  #line(bytes: Buffer, start: number, end: number): WireEvent {
    const last = end > start && bytes[end - 1] === CR ? end - 1 : end;
    if (last - start > this.#maxLine) return this.#tooLong();
    this.text = bytes.toString('utf8', start, last);
    return 'line';
  }

  #keepPartial(chunk: Buffer, start: number): WireEvent {
    this.#position = chunk.length;
    return this.#append(chunk, start, chunk.length) ? 'more' : this.#tooLong();
  }

  /** Adds to the partial line; one byte more than the limit is let in, as it may be the CR of the line end. */
  #append(chunk: Buffer, start: number, end: number): boolean {
    const length = this.#partialLength + end - start;
    if (length > this.#maxLine + 1) return false;
    if (length > this.#partial.length) {
      const larger = Buffer.allocUnsafe(Math.max(256, length * 2));
      this.#partial.copy(larger, 0, 0, this.#partialLength);
      this.#partial = larger;
    }
    chunk.copy(this.#partial, this.#partialLength, start, end);
    this.#partialLength = length;
    return true;
  }

  #tooLong(): WireEvent {
    this.stop();
    return 'too-long';
  }

  #nextContent(): WireEvent {
    const chunk = this.#chunk;
    const start = this.#position;
    if (start >= chunk.length) return 'more';
    const first = chunk[start];
    if (this.#state === 'cr' && first === LF) {
      this.#state = 'line-start';
      return this.#emit(start, start + 1);
    }
    const atDot = this.#state === 'line-start' && first === DOT;
    if (atDot || this.#state === 'dot' || this.#state === 'dot-cr') return this.#walk(chunk, start);
    const found = chunk.indexOf(LINE_START_DOT, start);
    if (found === -1) {
      this.#state = stateAfter(chunk, start);
      return this.#emit(start, chunk.length);
    }
    this.#state = 'line-start';
    return this.#emit(start, found + 2);
  }

  #emit(start: number, end: number): WireEvent {
    this.#position = end;
    this.bytes = this.#chunk.subarray(start, end);
    return 'content';
  }

  /**
   * Reads byte by byte from a dot at a line start on. Content behind a stuffed dot is copied into one piece, so that a
   * message made of stuffed dots costs one pass over its bytes and not a piece per line.
   */
  #walk(chunk: Buffer, start: number): WireEvent {
    let state = this.#state;
    let position = start;
    let out: Buffer | undefined;
    let length = 0;
    while (position < chunk.length) {
      const byte = chunk[position] ?? 0;
      position += 1;
      if (state === 'line-start' && byte === DOT) {
        state = 'dot';
        continue;
      }
      if (state === 'dot' && byte === CR) {
        state = 'dot-cr';
        continue;
      }
      if (state === 'dot-cr' && byte === LF) return this.#end(position, out, length);
      out ??= Buffer.allocUnsafe(chunk.length - position + 2);
      // The dot was put in by the client (RFC 5321 section 4.5.2) and goes; the CR behind it is content.
      if (state === 'dot-cr') {
        out[length] = CR;
        length += 1;
        state = 'cr';
      }
      out[length] = byte;
      length += 1;
      if (byte === CR) state = 'cr';
      else state = byte === LF && state === 'cr' ? 'line-start' : 'inside';
    }
    this.#state = state;
    this.#position = position;
    if (out === undefined) return 'more';
    this.bytes = out.subarray(0, length);
    return 'content';
  }

  #end(position: number, out: Buffer | undefined, length: number): WireEvent {
    if (out !== undefined && length > 0) {
      // Content first, the end with the next call: the three bytes that say so are read again.
      this.#state = 'dot-cr';
      this.#position = position - 1;
      this.bytes = out.subarray(0, length);
      return 'content';
    }
    this.#position = position;
    this.#content = false;
    return 'end';
  }
}

/** The state at the end of a piece that started inside a line and has no dot behind CRLF. */
function stateAfter(chunk: Buffer, start: number): ContentState {
  const last = chunk[chunk.length - 1];
  if (last === CR) return 'cr';
  if (last !== LF || chunk.length - start < 2) return 'inside';
  return chunk[chunk.length - 2] === CR ? 'line-start' : 'inside';
}
