/*
 * Finds the parts of a message while it streams by (RFC 2046 section 5.1): for each its header and where in the message its
 * body is, in bytes. Holds headers and one line at most; the same at every split of the input. Lines end in CRLF.
 */
import { type ParameterizedValue, parameter, parseParameters } from './content-type.ts';
import { MAX_HEADER_SIZE } from './envelope.ts';
import { fieldValue, findField, type Header, parseHeader } from './headers.ts';

export interface MimePart {
  readonly header: Header;
  /** Content type in lower case with its parameters; `text/plain` where none is given. */
  readonly type: ParameterizedValue;
  /** Content-Transfer-Encoding in lower case; `7bit` where none is given. */
  readonly encoding: string;
  /** Where its body starts and ends, in bytes from the start of the message. */
  readonly start: number;
  readonly end: number;
  /** Of a multipart entity whose boundary was found. */
  readonly parts: readonly MimePart[];
}

export interface MimeScanner {
  push(piece: Buffer): void;
  /** The whole message; undefined where it has too many parts, too deep ones or too large headers. */
  end(): MimePart | undefined;
  /** The same as far as it was read before one of the limits was reached. */
  endPartial(): { readonly root: MimePart | undefined; readonly complete: boolean };
}

export interface MimeLimits {
  readonly parts: number;
  readonly depth: number;
}

const USUAL: MimeLimits = { parts: 200, depth: 10 };
const MAX_BOUNDARY = 250;
/** A line that could be a delimiter, or `--`, boundary, `--` and white space, is not longer. */
const LINE_KEPT = 1024;
const LF = 10;
const DASH = 45;

interface OpenPart {
  header: Header;
  type: ParameterizedValue;
  encoding: string;
  start: number;
  end: number;
  parts: OpenPart[];
}

interface OpenMultipart {
  readonly part: OpenPart;
  readonly boundary: string;
}

export function createMimeScanner(limits: MimeLimits = USUAL): MimeScanner {
  const open: OpenMultipart[] = [];
  let root: OpenPart | undefined;
  let failed = false;
  let count = 0;
  /** `around`: in front of the first part, or behind the last. */
  let mode: 'header' | 'body' | 'around' = 'header';
  let headerLines: Buffer[] = [];
  let headerSize = 0;
  let current: OpenPart | undefined;
  /** Where the line that is being read starts, its bytes as far as they are kept, and its length so far. */
  let lineStart = 0;
  let kept: Buffer = Buffer.alloc(0);
  let length = 0;
  let total = 0;

  function startPart(header: Buffer, start: number): void {
    count += 1;
    if (count > limits.parts || open.length > limits.depth) {
      failed = true;
      return;
    }
    const parent = open.at(-1)?.part;
    const part = readPart(header, start, parent?.type.value === 'multipart/digest');
    if (parent) parent.parts.push(part);
    else root = part;
    const boundary = boundaryOf(part);
    if (boundary === undefined) {
      current = part;
      mode = 'body';
    } else {
      open.push({ part, boundary });
      mode = 'around';
    }
  }

  function finishHeader(start: number): void {
    const header = Buffer.concat(headerLines);
    headerLines = [];
    headerSize = 0;
    startPart(header, start);
  }

  /** Everything up to `end` belonged to what is open above `level`. */
  function closeAbove(level: number, end: number): void {
    // The line end in front of a delimiter belongs to it (RFC 2046 section 5.1.1).
    if (current) current.end = Math.max(current.start, end);
    current = undefined;
    for (const { part } of open.splice(level)) part.end = Math.max(part.start, end);
  }

  function takeLine(line: Buffer, start: number, size: number): void {
    if (line[0] === DASH && line[1] === DASH && size <= LINE_KEPT && takeDelimiter(line, start)) return;
    if (mode !== 'header') return;
    if (size <= 2 && line.toString('latin1').trim() === '') {
      finishHeader(start + size);
      return;
    }
    headerSize += size;
    if (headerSize > MAX_HEADER_SIZE * 2 || size > line.length) failed = true;
    else headerLines.push(Buffer.from(line));
  }

  function takeDelimiter(line: Buffer, start: number): boolean {
    const text = line.toString('latin1').trimEnd();
    for (let level = open.length - 1; level >= 0; level -= 1) {
      const boundary = `--${open[level]?.boundary ?? ''}`;
      if (!text.startsWith(boundary)) continue;
      const tail = text.slice(boundary.length);
      if (tail !== '' && tail !== '--') continue;
      // A part without a blank line has no body.
      if (mode === 'header') finishHeader(start);
      closeAbove(tail === '' ? level + 1 : level, start - 2);
      mode = tail === '' ? 'header' : 'around';
      return true;
    }
    return false;
  }

  function endLine(): void {
    const line = kept;
    const size = length;
    kept = Buffer.alloc(0);
    length = 0;
    takeLine(line, lineStart, size);
    lineStart += size;
  }

  function finish(): void {
    if (!failed && length > 0) endLine();
    if (!failed && mode === 'header') finishHeader(total);
    closeAbove(0, total);
  }

  const limit = (): number => (mode === 'header' ? MAX_HEADER_SIZE * 2 : LINE_KEPT);

  function keep(bytes: Buffer): void {
    const room = limit() - kept.length;
    if (room > 0) {
      const more = bytes.subarray(0, room);
      kept = kept.length === 0 ? more : Buffer.concat([kept, more]);
    }
    length += bytes.length;
  }

  /** Behind the lines from `at` on that cannot be delimiters; only at the start of a line. */
  function skip(piece: Buffer, at: number): number {
    if (mode === 'header' || length > 0 || piece[at] === DASH) return at;
    const delimiter = piece.indexOf('\n--', at, 'latin1');
    const next = delimiter === -1 ? piece.lastIndexOf(LF) + 1 : delimiter + 1;
    if (next <= at) return at;
    lineStart += next - at;
    return next;
  }

  return {
    push(piece) {
      total += piece.length;
      let at = 0;
      while (at < piece.length && !failed) {
        at = skip(piece, at);
        const lineEnd = piece.indexOf(LF, at);
        const end = lineEnd === -1 ? piece.length : lineEnd + 1;
        keep(piece.subarray(at, end));
        if (lineEnd !== -1) endLine();
        at = end;
      }
      // What was kept may be a view of a larger piece.
      if (kept.length > 0) kept = Buffer.from(kept);
    },
    end() {
      finish();
      return failed ? undefined : root;
    },
    endPartial() {
      finish();
      return { root, complete: !failed };
    },
  };
}

function readPart(bytes: Buffer, start: number, digest: boolean): OpenPart {
  const header = parseHeader(bytes);
  const usual = digest ? 'message/rfc822' : 'text/plain';
  const type = parseParameters(valueOf(header, 'content-type') ?? usual);
  const known = /^[!-.0-~]+\/[!-.0-~]+$/.test(type.value);
  return {
    header,
    type: known ? type : parseParameters(usual),
    encoding: parseParameters(valueOf(header, 'content-transfer-encoding') ?? '7bit').value,
    start,
    end: start,
    parts: [],
  };
}

function boundaryOf({ type, encoding }: OpenPart): string | undefined {
  if (!type.value.startsWith('multipart/') || !/^(?:7bit|8bit|binary|)$/.test(encoding)) return undefined;
  const boundary = parameter(type, 'boundary') ?? '';
  return /^[\x20-\x7e]+$/.test(boundary) && boundary.length <= MAX_BOUNDARY ? boundary.trimEnd() : undefined;
}

function valueOf(header: Header, name: string): string | undefined {
  const field = findField(header, name);
  return field === undefined ? undefined : fieldValue(field);
}
