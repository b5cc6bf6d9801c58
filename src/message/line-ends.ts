/*
 * Turns what a client sent into what may be stored: lines end in CRLF, no CR or LF stands alone, no NUL is left
 * (RFC 5321 sections 2.3.8 and 4.1.1.4, RFC 5322 section 2.2). Because nothing else leaves Postern, no server behind it
 * can see the end of a message where Postern saw none. The result is the same at every split of the input.
 */
import { CHUNK_SIZE } from './envelope.ts';
import { IntakeRefusal } from './intake-refusal.ts';

export interface LineEndOptions {
  readonly bareLineFeeds: 'normalise' | 'refuse';
  readonly nulBytes: 'refuse' | 'remove';
}

export interface LineEnds {
  /** The clean pieces that are known by now; a refusal comes with what stood in front of it. */
  push(piece: Buffer): Cleaned;
  /** What was held back; afterwards the output ends in CRLF or is empty. */
  end(): Cleaned;
}

export interface Cleaned {
  readonly pieces: Buffer[];
  readonly refusal?: IntakeRefusal;
}

const NUL = 0;
const LF = 10;
const CR = 13;
const CRLF = Buffer.from('\r\n');

/** The engine scans for this at several gigabytes a second, more than a loop over the bytes would. */
const BARE = /\r(?!\n)|(?<!\r)\n/;

export function createLineEnds(options: LineEndOptions): LineEnds {
  /** The last byte was a CR; whether an LF follows is not known yet. */
  let pendingReturn = false;
  /** The last two bytes of the output are CRLF, or there is no output. */
  let ended = true;

  function take(piece: Buffer, pieces: Buffer[]): IntakeRefusal | undefined {
    const nul = piece.indexOf(NUL);
    if (nul === -1) return takeLines(piece, pieces);
    if (options.nulBytes === 'remove') {
      return takeLines(Buffer.from(piece.toString('latin1').replaceAll('\0', ''), 'latin1'), pieces);
    }
    if (pendingReturn && nul === 0) return bareReturnBefore(pieces) ?? nulRefusal();
    const before = takeLines(piece.subarray(0, nul), pieces);
    if (before !== undefined) return before;
    return (pendingReturn ? bareReturnBefore(pieces) : undefined) ?? nulRefusal();
  }

  /** The CR that was held back is followed by something else than LF. */
  function bareReturnBefore(pieces: Buffer[]): IntakeRefusal | undefined {
    pendingReturn = false;
    if (options.bareLineFeeds === 'refuse') return bareRefusal();
    pieces.push(CRLF);
    ended = true;
    return undefined;
  }

  function takeLines(piece: Buffer, pieces: Buffer[]): IntakeRefusal | undefined {
    let rest = piece;
    if (rest.length === 0) return undefined;
    if (pendingReturn) {
      if (rest[0] === LF) {
        pendingReturn = false;
        ended = true;
        pieces.push(CRLF);
        rest = rest.subarray(1);
      } else {
        const refusal = bareReturnBefore(pieces);
        if (refusal !== undefined) return refusal;
      }
    }
    if (rest[rest.length - 1] === CR) {
      pendingReturn = true;
      rest = rest.subarray(0, -1);
    }
    if (rest.length === 0) return undefined;
    const text = rest.toString('latin1');
    const bare = text.search(BARE);
    if (bare !== -1 && options.bareLineFeeds === 'refuse') {
      if (bare > 0) pieces.push(rest.subarray(0, bare));
      return bareRefusal();
    }
    pushChunks(bare === -1 ? rest : Buffer.from(text.replace(/\r\n?|\n/g, '\r\n'), 'latin1'), pieces);
    const last = text.charCodeAt(text.length - 1);
    ended = last === LF || last === CR;
    return undefined;
  }

  return {
    push(piece) {
      const pieces: Buffer[] = [];
      for (let start = 0; start < piece.length; start += CHUNK_SIZE) {
        const refusal = take(piece.subarray(start, start + CHUNK_SIZE), pieces);
        if (refusal !== undefined) return { pieces, refusal };
      }
      return { pieces };
    },
    end() {
      const pieces: Buffer[] = [];
      if (pendingReturn) {
        const refusal = bareReturnBefore(pieces);
        if (refusal !== undefined) return { pieces, refusal };
      } else if (!ended) {
        pieces.push(CRLF);
        ended = true;
      }
      return { pieces };
    },
  };
}

/** Rewriting line ends can double a piece. */
function pushChunks(piece: Buffer, pieces: Buffer[]): void {
  if (piece.length <= CHUNK_SIZE) {
    pieces.push(piece);
    return;
  }
  for (let start = 0; start < piece.length; start += CHUNK_SIZE) {
    pieces.push(piece.subarray(start, start + CHUNK_SIZE));
  }
}

function bareRefusal(): IntakeRefusal {
  return new IntakeRefusal(
    550,
    '5.6.0',
    'The message has lines that do not end in CR LF, which is not allowed here',
  );
}

function nulRefusal(): IntakeRefusal {
  return new IntakeRefusal(
    550,
    '5.6.0',
    'The message contains NUL bytes, which no mail server has to accept',
  );
}
