/*
 * Finds the fields of a header block and where it ends. Works on text with one byte in each character (latin1), so that
 * every byte keeps its place. Linear, total, and the same however much of the text behind the header is there already.
 */

/** A field, as a range of the text; the end lies behind its last CRLF. */
export interface FieldRange {
  /** In lower case. */
  readonly name: string;
  readonly start: number;
  /** Where the value starts: behind the colon. */
  readonly value: number;
  readonly end: number;
}

export interface HeaderScan {
  readonly fields: readonly FieldRange[];
  /** Where the first field starts; above 0 behind a mailbox separator line. */
  readonly start: number;
  /** Behind the last field. */
  readonly end: number;
  /** Behind the blank line; the same as `end` where the blank line is missing. */
  readonly body: number;
}

/** A line is known to be no field when this many characters have no colon in the right place. */
const DECIDED = 1000;

/** How much is looked at first; most headers are smaller. */
const FIRST_WINDOW = 4096;

/** A field name, and white space in front of the colon, which the obsolete syntax allows (RFC 5322 section 4.5). */
const FIELD_NAME = /([!-9;-~]{1,900})[ \t]{0,50}:/y;

/** The line in front of each message of a mailbox file (RFC 4155), which some programs hand to sendmail unchanged. */
const MAILBOX_LINE = /^>?From /;
const MAILBOX_TIME = /^>?From \S.*\d:\d\d/;

/**
 * Scans text whose lines end in CRLF. Undefined when more text has to come before the end is certain; never with
 * `complete`. A line that is neither a field nor the continuation of one ends the header (the blank line is missing); with
 * `mailboxLine`, the separator line of a mailbox file may stand in front.
 */
export function scanHeader(text: string, complete: boolean, mailboxLine = false): HeaderScan | undefined {
  const fields: FieldRange[] = [];
  let start = 0;
  let position = 0;
  let name = '';
  let fieldStart = 0;
  let value = 0;
  const close = (): void => {
    if (name !== '') fields.push({ name, start: fieldStart, value, end: position });
  };
  const finish = (blank: number): HeaderScan => {
    close();
    if (fields.length === 0 && start > 0 && !MAILBOX_TIME.test(text.slice(0, start))) {
      return { fields, start: 0, end: 0, body: 0 };
    }
    return { fields, start, end: position, body: position + blank };
  };
  for (;;) {
    if (position >= text.length) return complete ? finish(0) : undefined;
    const lineEnd = text.indexOf('\r\n', position);
    if (lineEnd === position) return finish(2);
    const certain = lineEnd !== -1 || complete || text.length - position >= DECIDED;
    if (!certain) return undefined;
    const first = text.charCodeAt(position);
    const continues = (first === 32 || first === 9) && name !== '';
    if (!continues) {
      FIELD_NAME.lastIndex = position;
      const match = FIELD_NAME.exec(text);
      if (match !== null) {
        close();
        name = (match[1] ?? '').toLowerCase();
        fieldStart = position;
        value = FIELD_NAME.lastIndex;
      } else if (mailboxLine && position === 0 && isMailboxLine(text, lineEnd)) {
        start = lineEnd + 2;
      } else {
        return finish(0);
      }
    }
    if (lineEnd === -1) {
      if (!complete) return undefined;
      position = text.length;
    } else {
      position = lineEnd + 2;
    }
  }
}

/** The same for bytes. Looks at the beginning first: what stands behind a header is usually much more than the header. */
export function scanHeaderBytes(
  content: Buffer,
  options: { readonly complete: boolean; readonly limit: number; readonly mailboxLine?: boolean },
): { readonly text: string; readonly scan: HeaderScan } | undefined {
  const limit = Math.min(content.length, options.limit);
  for (let window = Math.min(FIRST_WINDOW, limit); ; window = Math.min(window * 4, limit)) {
    const text = content.toString('latin1', 0, window);
    const scan = scanHeader(text, options.complete && window === content.length, options.mailboxLine);
    if (scan !== undefined) return { text, scan };
    if (window === limit) return undefined;
  }
}

function isMailboxLine(text: string, lineEnd: number): boolean {
  return lineEnd !== -1 && lineEnd < DECIDED && MAILBOX_LINE.test(text.slice(0, lineEnd));
}
