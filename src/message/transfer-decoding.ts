/* Takes transfer encodings off while a body streams by (RFC 2045 section 6); the same at every split of the input. Lenient and total. */

export interface TransferDecoder {
  push(piece: Buffer): Buffer;
  end(): Buffer;
}

/** A line of quoted-printable that is longer is cut. */
const LONGEST_LINE = 65_536;

/** Undefined for an encoding that nobody knows. */
export function createTransferDecoder(encoding: string): TransferDecoder | undefined {
  switch (encoding) {
    case '':
    case '7bit':
    case '8bit':
    case 'binary':
      return { push: (piece) => piece, end: () => Buffer.alloc(0) };
    case 'base64':
      return createBase64Decoder();
    case 'quoted-printable':
      return createQuotedPrintableDecoder();
    default:
      return undefined;
  }
}

function createBase64Decoder(): TransferDecoder {
  /** At most three characters that wait for the fourth. */
  let rest = '';
  const take = (text: string, last: boolean): Buffer => {
    // Padding ends a run; some senders put several runs behind each other.
    const runs = (rest + text.replace(/[^A-Za-z0-9+/=]+/g, '')).split(/=+/);
    const open = runs.pop() ?? '';
    const whole = last ? open.length : open.length - (open.length % 4);
    rest = open.slice(whole);
    return Buffer.concat([...runs, open.slice(0, whole)].map((run) => Buffer.from(run, 'base64')));
  };
  return { push: (piece) => take(piece.toString('latin1'), false), end: () => take('', true) };
}

function createQuotedPrintableDecoder(): TransferDecoder {
  let rest = '';
  return {
    push(piece) {
      const text = rest + piece.toString('latin1');
      let cut = text.lastIndexOf('\n') + 1;
      if (text.length - cut > LONGEST_LINE) cut = safeCut(text);
      rest = text.slice(cut);
      return decode(text.slice(0, cut));
    },
    end() {
      const last = rest.trimEnd();
      rest = '';
      return decode(last.endsWith('=') ? last.slice(0, -1) : last);
    },
  };
}

/** Not within an escape, nor within white space that may turn out to be at the end of a line. */
function safeCut(text: string): number {
  const tail = /(?:=[0-9A-Fa-f]?[ \t]*|[ \t\r]+)$/.exec(text.slice(-1000));
  return text.length - (tail?.[0].length ?? 0);
}

/** White space at the end of a line was added on the way (RFC 2045 section 6.7, rule 3). */
function decode(text: string): Buffer {
  const lines = text.split('\n');
  const last = lines.pop() ?? '';
  let whole = '';
  for (const line of lines) {
    const content = line.trimEnd();
    // Line by line: what stands in front of a soft line break is no escape together with what stands behind it.
    whole += content.endsWith('=')
      ? withoutEscapes(content.slice(0, -1))
      : `${withoutEscapes(content)}${line.endsWith('\r') ? '\r\n' : '\n'}`;
  }
  return Buffer.from(whole + withoutEscapes(last), 'latin1');
}

function withoutEscapes(text: string): string {
  return text.replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
