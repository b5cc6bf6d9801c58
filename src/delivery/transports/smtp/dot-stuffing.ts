const DOT = Buffer.from('.');
const LF = 0x0a;
const CR = 0x0d;
const LF_DOT = Buffer.from('\n.');
const CR_DOT = Buffer.from('\r.');

/** Doubles the dot at the start of each line (RFC 5321 section 4.5.2), piece by piece. */
export interface DotStuffing {
  /** The piece as it goes out; the same buffer when nothing has to be doubled. */
  piece(data: Buffer): Buffer;
  /** What ends the message: `.` CRLF, after a CRLF where the last line has none. */
  end(): Buffer;
}

const END = Buffer.from('.\r\n');
const END_OF_LINE_TOO = Buffer.from('\r\n.\r\n');

/**
 * Stored bodies have CRLF line ends only. Should one come with a bare CR or LF nevertheless, a dot behind it is doubled
 * too, so that no server can take it for the end of the message.
 */
export function createDotStuffing(): DotStuffing {
  let last = LF;
  let beforeLast = CR;
  return {
    piece(data) {
      if (data.length === 0) return data;
      const stuffed = stuff(data, last === LF || last === CR);
      beforeLast = data.length > 1 ? (data[data.length - 2] ?? 0) : last;
      last = data[data.length - 1] ?? 0;
      return stuffed;
    },
    end: () => (last === LF && beforeLast === CR ? END : END_OF_LINE_TOO),
  };
}

function stuff(data: Buffer, atLineStart: boolean): Buffer {
  const first = atLineStart && data[0] === 0x2e;
  // Searched from the end, the dot is what is looked for first, which the lines of an attachment do not have: six times as fast.
  if (!first && data.lastIndexOf(LF_DOT) === -1 && data.lastIndexOf(CR_DOT) === -1) return data;
  let lineFeed = data.indexOf(LF_DOT);
  let carriageReturn = data.indexOf(CR_DOT);
  const parts: Buffer[] = first ? [DOT] : [];
  let from = 0;
  while (lineFeed !== -1 || carriageReturn !== -1) {
    const at =
      lineFeed === -1 || (carriageReturn !== -1 && carriageReturn < lineFeed) ? carriageReturn : lineFeed;
    parts.push(data.subarray(from, at + 1), DOT);
    from = at + 1;
    if (at === lineFeed) lineFeed = data.indexOf(LF_DOT, from);
    else carriageReturn = data.indexOf(CR_DOT, from);
  }
  parts.push(data.subarray(from));
  return Buffer.concat(parts);
}
