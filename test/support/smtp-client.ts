import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';

/** A reply with all its lines. */
export interface ClientReply {
  readonly code: number;
  /** `5.7.1`, or empty. */
  readonly enhanced: string;
  /** The lines as they came, without line ends. */
  readonly lines: readonly string[];
  /** Everything, lines joined by LF. */
  readonly text: string;
}

export interface SmtpClientOptions {
  readonly host?: string;
  /** Address to come from; the system's choice if absent. */
  readonly localAddress?: string;
  /** Milliseconds for every wait. */
  readonly deadline?: number;
  readonly tls?: boolean;
}

/** A raw SMTP client: writes any bytes at any split, reads replies, switches to TLS. Every wait has a deadline. */
export class SmtpClient {
  #socket: Socket;
  #received = '';
  #ended = false;
  #waiting: (() => void)[] = [];
  readonly #deadline: number;

  private constructor(socket: Socket, deadline: number) {
    this.#socket = socket;
    this.#deadline = deadline;
    this.#listen(socket);
  }

  /** Connects; does not wait for the greeting. */
  static async open(port: number, options: SmtpClientOptions = {}): Promise<SmtpClient> {
    const host = options.host ?? '127.0.0.1';
    const local = options.localAddress === undefined ? {} : { localAddress: options.localAddress };
    const socket =
      options.tls === true
        ? connectTls({ port, host, rejectUnauthorized: false, ...local })
        : connect({ port, host, noDelay: true, ...local });
    await new Promise<void>((resolve, reject) => {
      socket.once(options.tls === true ? 'secureConnect' : 'connect', resolve);
      socket.once('error', reject);
    });
    return new SmtpClient(socket, options.deadline ?? 5_000);
  }

  /** Connects, waits for the greeting and says EHLO. */
  static async ready(port: number, options: SmtpClientOptions = {}): Promise<SmtpClient> {
    const client = await SmtpClient.open(port, options);
    await client.reply();
    await client.ask('EHLO test.example');
    return client;
  }

  get socket(): Socket {
    return this.#socket;
  }

  /** Whatever has come and was not read as a reply. */
  get unread(): string {
    return this.#received;
  }

  write(bytes: string | Buffer): void {
    this.#socket.write(bytes);
  }

  /** Writes and waits until the bytes have left this program. */
  async send(bytes: string | Buffer): Promise<void> {
    if (this.#socket.destroyed) return;
    await new Promise<void>((resolve) => this.#socket.write(bytes, () => resolve()));
  }

  /** Sends a line and reads its reply. */
  async ask(line: string): Promise<ClientReply> {
    this.write(`${line}\r\n`);
    return this.reply();
  }

  /** The next whole reply. */
  async reply(): Promise<ClientReply> {
    const until = Date.now() + this.#deadline;
    for (;;) {
      const reply = this.#takeReply();
      if (reply !== undefined) return reply;
      if (this.#ended)
        throw new Error(`The connection ended before a reply came: ${JSON.stringify(this.#received)}`);
      await this.#change(until);
    }
  }

  async replies(count: number): Promise<ClientReply[]> {
    const replies: ClientReply[] = [];
    while (replies.length < count) replies.push(await this.reply());
    return replies;
  }

  /** Waits until the server has closed the connection; answers what came until then. */
  async closed(): Promise<string> {
    const until = Date.now() + this.#deadline;
    while (!this.#ended) await this.#change(until);
    return this.#received;
  }

  get isClosed(): boolean {
    return this.#ended;
  }

  /** Sends a whole message, command by command, and answers the last reply. */
  async message(
    sender: string,
    recipients: readonly string[],
    content: string | Buffer,
  ): Promise<ClientReply> {
    for (const line of [`MAIL FROM:<${sender}>`, ...recipients.map((to) => `RCPT TO:<${to}>`), 'DATA']) {
      const reply = await this.ask(line);
      if (reply.code >= 400) return reply;
    }
    this.write(content);
    this.write('\r\n.\r\n');
    return this.reply();
  }

  /** TLS on this connection; to be called after the 220 to STARTTLS. */
  async upgrade(options: ConnectionOptions = {}): Promise<TLSSocket> {
    this.#socket.removeAllListeners('data');
    const secure = connectTls({ rejectUnauthorized: false, ...options, socket: this.#socket });
    await new Promise<void>((resolve, reject) => {
      secure.once('secureConnect', resolve);
      secure.once('error', reject);
      secure.once('close', () => reject(new Error('The connection ended in the handshake')));
    });
    this.#received = '';
    this.#socket = secure;
    this.#listen(secure);
    return secure;
  }

  /** Drops the connection without a word. */
  destroy(): void {
    this.#socket.destroy();
  }

  /** QUIT, if the server still listens, and wait for the end. */
  async quit(): Promise<void> {
    if (!this.#ended && !this.#socket.destroyed) this.#socket.end('QUIT\r\n');
    await this.closed();
  }

  #listen(socket: Socket): void {
    const wake = () => {
      for (const resolve of this.#waiting.splice(0)) resolve();
    };
    socket.on('data', (data: Buffer) => {
      this.#received += data.toString('latin1');
      wake();
    });
    const end = () => {
      this.#ended = true;
      wake();
    };
    socket.on('end', end);
    socket.on('close', end);
    socket.on('error', end);
  }

  #takeReply(): ClientReply | undefined {
    const match = /^(?:\d{3}-[^\r\n]*\r\n)*\d{3}(?: [^\r\n]*)?\r\n/.exec(this.#received);
    if (match === null) return undefined;
    this.#received = this.#received.slice(match[0].length);
    const lines = match[0].slice(0, -2).split('\r\n');
    const last = lines.at(-1) ?? '';
    return {
      code: Number(last.slice(0, 3)),
      enhanced: /^\d{3} (\d\.\d{1,3}\.\d{1,3})(?: |$)/.exec(last)?.[1] ?? '',
      lines,
      text: lines.join('\n'),
    };
  }

  async #change(until: number): Promise<void> {
    const left = until - Date.now();
    if (left <= 0) throw new Error(`Nothing came in time; unread: ${JSON.stringify(this.#received)}`);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, left);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
