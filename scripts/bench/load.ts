import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/**
 * Load as devices make it: senders that speak SMTP one command at a time, each on one connection after another or on one
 * for all its messages. Every message carries its number in the field `X-Load-Number`, so that a sink can say which
 * ones it has. Used by the bench and by the durability tests, which cut connections and start again.
 */

export interface LoadOptions {
  readonly port: number;
  readonly senders: number;
  /** Messages in all. */
  readonly messages: number;
  /** Bytes of each message. */
  readonly size: number;
  readonly perConnection: 'one' | 'many';
  /** Number of the first message; 0 if absent. */
  readonly first?: number;
  /** After a failure, try other messages on a new connection until `signal` ends it; else the load fails. */
  readonly goOn?: boolean;
  readonly signal?: AbortSignal;
  /** Called when a message has been answered 250, with the reply. */
  readonly onAccepted?: (number: number, reply: string) => void;
  /** Called when a message got no 250, with the reply or what happened to the connection. */
  readonly onFailed?: (number: number, reason: string) => void;
  /** Recipient address of a message; one and the same if absent. */
  readonly recipient?: (number: number) => string;
}

export interface LoadResult {
  readonly accepted: number;
  /** Messages that got no 250, for whatever reason. */
  readonly failed: number;
  /** ms since 1970. */
  readonly startedAt: number;
  readonly endedAt: number;
}

const REPLY_WITHIN = 120_000;
const PAUSE_AFTER_FAILURE = 20;

export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const first = options.first ?? 0;
  const body = bodyOf(options.size);
  const startedAt = Date.now();
  let next = 0;
  let accepted = 0;
  let failed = 0;

  const sender = async () => {
    let line: SmtpLine | undefined;
    while (next < options.messages && !options.signal?.aborted) {
      const number = first + next++;
      try {
        line ??= await SmtpLine.open(options.port);
        const recipient = options.recipient?.(number) ?? 'b@example.com';
        const reply = await line.send(number, recipient, body);
        accepted += 1;
        options.onAccepted?.(number, reply);
        if (options.perConnection === 'one') {
          line.close();
          line = undefined;
        }
      } catch (error) {
        failed += 1;
        options.onFailed?.(number, error instanceof Error ? error.message : String(error));
        line?.destroy();
        line = undefined;
        if (options.goOn !== true) throw error;
        await wait(PAUSE_AFTER_FAILURE);
      }
    }
    line?.close();
  };
  await Promise.all(Array.from({ length: options.senders }, sender));
  return { accepted, failed, startedAt, endedAt: Date.now() };
}

function bodyOf(size: number): Buffer {
  const line = `${'postern bench '.repeat(5)}\r\n`;
  const lines = Math.max(1, Math.ceil((size - 200) / line.length));
  return Buffer.from(`\r\n${line.repeat(lines)}`);
}

/** One SMTP connection, in lock step. */
class SmtpLine {
  readonly #socket: Socket;
  #text = '';
  #waiting: { resolve(reply: string): void; reject(error: Error): void } | undefined;
  #error: Error | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setTimeout(REPLY_WITHIN, () => socket.destroy(new Error('no reply in time')));
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.#text += text;
      this.#settle();
    });
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the connection was closed')));
  }

  static async open(port: number): Promise<SmtpLine> {
    const line = new SmtpLine(connect(port, '127.0.0.1'));
    await line.#expect('2');
    await line.#command('EHLO load.example.com', '2');
    return line;
  }

  async send(number: number, recipient: string, body: Buffer): Promise<string> {
    await this.#command('MAIL FROM:<a@example.com>', '2');
    await this.#command(`RCPT TO:<${recipient}>`, '2');
    await this.#command('DATA', '3');
    this.#socket.cork();
    this.#socket.write(
      `From: a@example.com\r\nTo: ${recipient}\r\nSubject: load\r\nMessage-ID: <${number}@load.example.com>\r\n` +
        `Date: Sat, 21 Nov 2026 12:00:00 +0000\r\nX-Load-Number: ${number}\r\n`,
    );
    this.#socket.write(body);
    this.#socket.write('.\r\n');
    this.#socket.uncork();
    return this.#expect('2');
  }

  close(): void {
    this.#socket.end('QUIT\r\n');
    this.#socket.setTimeout(1000);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #command(text: string, expected: string): Promise<string> {
    this.#socket.write(`${text}\r\n`);
    return this.#expect(expected);
  }

  async #expect(expected: string): Promise<string> {
    const reply = await new Promise<string>((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#settle();
    });
    if (!reply.startsWith(expected)) throw new Error(`unexpected reply: ${reply}`);
    return reply;
  }

  #settle(): void {
    const end = /^\d{3}(?: [^\n]*)?\r\n/m.exec(this.#text);
    if (end !== null && this.#waiting !== undefined) {
      const reply = this.#text.slice(0, end.index + end[0].length).trimEnd();
      this.#text = this.#text.slice(end.index + end[0].length);
      this.#waiting.resolve(reply);
      this.#waiting = undefined;
    } else if (this.#error !== undefined) this.#fail(this.#error);
  }

  #fail(error: Error): void {
    this.#error ??= error;
    this.#waiting?.reject(this.#error);
    this.#waiting = undefined;
  }
}
