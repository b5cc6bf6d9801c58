// oxlint-disable eslint/no-underscore-dangle -- the library's own names
import type { Socket } from 'node:net';
import { type Clock, type Timer } from '../../../shared/clock.ts';
import { errorCode, errorText } from '../../../shared/errors.ts';
import type { Reply } from '../../outcome.ts';
import { ConnectionBase, type LibraryOptions } from './connection-base.ts';
import { type ConnectionStep, hiddenForms, type Loss, lossText } from './connection-loss.ts';
import { parseReply } from './parse-reply.ts';

/** Bytes of replies that one request may cost; a server that says more is cut off. */
const REPLY_ALLOWANCE = 64 * 1024;
const REPLY_ALLOWANCE_EACH = 4096;

export interface ConnectionOptions {
  /** Connected; ours from here on. */
  readonly socket: Socket;
  readonly security: 'none' | 'starttls' | 'tls';
  readonly hostname: string;
  readonly tls: NonNullable<LibraryOptions['tls']>;
  /** Called when the handshake is done and before anything is said over TLS; a text refuses the server. */
  readonly checkPeer: (socket: Socket) => string | undefined;
  readonly connectTimeout: number;
  readonly commandTimeout: number;
  readonly clock: Clock;
  /** Called whenever the connection comes a step further. */
  readonly onStep?: ((step: ConnectionStep, connection: UpstreamConnection) => void) | undefined;
}

/**
 * One connection to an upstream: nodemailer's SMTPConnection for greeting, EHLO, STARTTLS and AUTH, and requests of our
 * own for everything behind, because a transaction of ours has to know each recipient's reply, give each recipient its own DSN
 * parameters and say whether the end of the message had gone out.
 *
 * Promises: a request always ends, with its replies or with `lost` set; what a server sends is bounded; nothing is said to
 * a server whose certificate was not accepted.
 */
export class UpstreamConnection extends ConnectionBase {
  /** Set once, when the connection cannot be used any more. */
  lost: Loss | undefined;
  /** What the server said first. */
  greeting: Reply | undefined;
  /** SMTP AUTH mechanism that was last begun. */
  mechanism: string | undefined;
  /** Transactions made. */
  used = 0;
  /** Set when a transaction was begun and not ended: RSET comes before the next one. */
  unfinished = false;
  /** Texts that never go into a reply. */
  hidden: readonly string[] = [];
  /** The mailbox that is signed in, where it is not the upstream's own. */
  mailbox: string | undefined;
  /** Called once when the connection is lost. */
  onLost: (() => void) | undefined;
  readonly #options: ConnectionOptions;
  #step: ConnectionStep = 'greeting';
  #allowance = REPLY_ALLOWANCE;
  #finish: ((whole: boolean) => void) | undefined;
  #deadline = 0;
  #patience = 0;
  #timer: Timer | undefined;
  #armedFor = 0;

  constructor(options: ConnectionOptions) {
    super({
      connection: options.socket,
      secure: options.security === 'tls',
      requireTLS: options.security === 'starttls',
      ignoreTLS: options.security === 'none',
      name: options.hostname,
      tls: options.tls,
      connectionTimeout: options.connectTimeout,
      greetingTimeout: options.connectTimeout,
      // Deadlines are ours; this one only has to lie behind all of them.
      socketTimeout: 2_000_000_000,
      socketCloseTimeout: 0,
      maxResponseSize: REPLY_ALLOWANCE,
      logger: false,
    });
    this.#options = options;
    this.step = options.security === 'tls' ? 'tls' : 'greeting';
    this.on('error', (error: unknown) => this.#failed(error));
    this.on('end', () => this.#ended());
  }

  get step(): ConnectionStep {
    return this.#step;
  }

  set step(step: ConnectionStep) {
    this.#step = step;
    this.#options.onStep?.(step, this);
  }

  get extensions(): readonly string[] {
    return this._supportedExtensions;
  }

  /** SMTP AUTH mechanisms that the server offers, as far as Postern knows them. */
  get mechanisms(): readonly string[] {
    // The library does not know this one.
    const offers = this._ehloLines?.some(
      (line) => /^AUTH[ =]/i.test(line) && /[ =]OAUTHBEARER(?: |$)/i.test(line),
    );
    return offers ? [...this._supportedAuth, 'OAUTHBEARER'] : this._supportedAuth;
  }

  /** IP address of the other side. */
  get peer(): string | undefined {
    return this._socket ? this._socket.remoteAddress : undefined;
  }

  /** Largest message that the server takes, in bytes; 0 when it does not say. */
  get sizeLimit(): number {
    return this._maxAllowedSize;
  }

  /** Resolves when EHLO is answered (over TLS where asked for): true, or false with `lost` set. */
  open(): Promise<boolean> {
    return this.#wait(this.#options.connectTimeout + this.#options.commandTimeout, (done) => {
      this.connect((error) => {
        if (error) this.#failed(error);
        else done();
      });
    });
  }

  /** Signs in; resolves with the server's refusal, `undefined` when it agreed, or `lost` set. */
  async signIn(user: string, password: string, method: string): Promise<Reply | undefined> {
    this.step = 'auth';
    this.hidden = hiddenForms(user, password);
    let refusal: Reply | undefined;
    await this.#wait(this.#options.commandTimeout, (done) => {
      this.login({ user, pass: password, method, credentials: { user, pass: password } }, (error) => {
        if (error) refusal = parseReply(error.response ?? `535 ${error.message}`, this.hidden);
        done();
      });
    });
    this._auth = undefined;
    if (refusal === undefined && this.lost === undefined) this.step = 'ready';
    return refusal;
  }

  /**
   * Writes command lines in one piece and appends each reply to `replies` as it comes. False when the connection went
   * before all were answered. `patience` is the longest wait for each reply, in milliseconds.
   */
  request(lines: readonly string[], replies: Reply[], patience: number): Promise<boolean> {
    if (this.#hasUnread()) this.giveUp('answered before it was asked', 'EPROTOCOL');
    return this.#wait(patience, (done) => {
      this.#allowance = REPLY_ALLOWANCE + lines.length * REPLY_ALLOWANCE_EACH;
      this.expect(lines.length, replies, done);
      this.write(`${lines.join('\r\n')}\r\n`);
    });
  }

  /** Waits for one reply that may come while `send` is still writing. */
  reply(replies: Reply[], patience: number, send: () => void): Promise<boolean> {
    // A refusal may come at any time; a success before the message would be taken for the answer to it.
    if (this.#hasUnread() && !/^[45]/.test(this._responseQueue[0] ?? this._remainder)) {
      this.giveUp('answered before it was asked', 'EPROTOCOL');
    }
    return this.#wait(patience, (done) => {
      this.#allowance = REPLY_ALLOWANCE;
      this.expect(1, replies, done);
      send();
    });
  }

  /** True when there is room for more at once. */
  write(data: string | Buffer): boolean {
    const socket = this._socket;
    if (!socket || this.lost) return true;
    if (socket.writable) return socket.write(data);
    // The server closed its side, and the library ours: nothing that is written now would leave.
    this.giveUp('closed the connection');
    return true;
  }

  /** Resolves when what was written has left for the kernel, or the connection is lost. */
  drained(): Promise<void> {
    const socket = this._socket;
    if (!socket || socket.destroyed || this.lost || !socket.writableNeedDrain) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        socket.off('drain', done);
        socket.off('close', done);
        resolve();
      };
      socket.on('drain', done);
      socket.on('close', done);
    });
  }

  /** Starts the wait for the next reply anew, when something has moved. */
  extend(patience: number): void {
    this.#patience = patience;
    this.#deadline = this.#options.clock.monotonic() + patience;
    this.#arm(patience);
  }

  /** Gives the connection up. */
  giveUp(text: string, code?: string, reply?: Reply): void {
    if (this.lost) return;
    this.lost = {
      text,
      step: this.step,
      ...(code === undefined ? {} : { code }),
      ...(reply === undefined ? {} : { reply }),
    };
    this.close();
    this.#ended();
  }

  /** Ends a transaction that was begun (RSET); gives the connection up when the server does not agree. */
  async startOver(patience: number): Promise<void> {
    const replies: Reply[] = [];
    await this.request(['RSET'], replies, patience);
    this.unfinished = false;
    if (replies[0]?.code !== 250) this.giveUp('did not begin anew');
  }

  /** Says goodbye and resolves when the connection is closed, at the latest after `patience` ms. */
  async leave(patience: number): Promise<void> {
    if (!this.lost) await this.request(['QUIT'], [], patience);
    this.giveUp('was left');
  }

  /** Usable for another transaction: nothing unread, nothing outstanding. */
  get clean(): boolean {
    return this.lost === undefined && !this.#hasUnread() && this._responseActions.length === 0;
  }

  #hasUnread(): boolean {
    return this._remainder !== '' || this._responseQueue.length > 0;
  }

  override _onData(chunk: Buffer): void {
    this.#allowance -= chunk.length;
    if (this.#allowance < 0) this.giveUp('sent endless replies', 'EPROTOCOL');
    else super._onData(chunk);
  }

  override _sendCommand(line: string, logged?: string): void {
    if (line.startsWith('EHLO') || line.startsWith('HELO')) {
      if (this.lastServerResponse !== false) this.greeting ??= parseReply(this.lastServerResponse);
      this.step = 'ehlo';
    } else if (line === 'STARTTLS') this.step = 'starttls';
    else if (line.startsWith('AUTH ')) this.mechanism = line.split(' ')[1];
    super._sendCommand(line, logged);
  }

  override _upgradeConnection(callback: (error: Error | null, secured?: boolean) => void): void {
    // RFC 3207 section 6: whatever came behind the reply to STARTTLS came from somebody in between.
    if (this.#hasUnread()) {
      this.giveUp(
        'sent more behind its reply to STARTTLS, which only somebody in between would do',
        'EINJECTED',
      );
      return;
    }
    this.step = 'tls';
    super._upgradeConnection((error, secured) => {
      const socket = this._socket;
      const refusal = error || !socket ? undefined : this.#options.checkPeer(socket);
      if (refusal !== undefined) {
        this.giveUp(refusal, 'ECERTIFICATE');
        return;
      }
      if (!error) this.step = this.stage === 'connected' ? 'ehlo' : 'greeting';
      callback(error, secured);
    });
  }

  /** Hands the next `count` replies to `replies`, then calls `done`. */
  expect(count: number, replies: Reply[], done: () => void): void {
    let open = count;
    const action = (raw: string): void => {
      const reply = parseReply(raw, this.hidden);
      if (reply.code === 0) {
        this.giveUp(
          `answered with something that is no SMTP reply: ${reply.text.slice(0, 100)}`,
          'EPROTOCOL',
        );
        return;
      }
      replies.push(reply);
      this.#deadline = this.#options.clock.monotonic() + this.#patience;
      open -= 1;
      if (open === 0) done();
    };
    for (let index = 0; index < count; index += 1) this._responseActions.push(action);
  }

  #wait(patience: number, start: (done: () => void) => void): Promise<boolean> {
    if (this.lost) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.#finish = (whole) => {
        this.#finish = undefined;
        resolve(whole);
      };
      this.extend(patience);
      start(() => this.#finish?.(true));
    });
  }

  /** One timer serves many requests: it looks at the deadline when it fires, so a message costs none. */
  #arm(patience: number): void {
    if (this.#timer && patience >= this.#armedFor) return;
    this.#timer?.cancel();
    this.#armedFor = patience;
    this.#timer = this.#options.clock.after(patience, () => {
      this.#timer = undefined;
      if (this.#finish === undefined || this.lost) return;
      const left = this.#deadline - this.#options.clock.monotonic();
      if (left <= 0) this.giveUp(`did not answer within ${this.#patience / 1000} s`, 'ETIMEDOUT');
      else this.#arm(left);
    });
  }

  #failed(error: unknown): void {
    const response =
      typeof error === 'object' && error !== null && 'response' in error ? error.response : false;
    const original =
      typeof error === 'object' && error !== null && 'originalCode' in error ? error.originalCode : undefined;
    const code = typeof original === 'string' ? original : errorCode(error);
    const reply = typeof response === 'string' ? parseReply(response, this.hidden) : undefined;
    this.giveUp(lossText(code, errorText(error)), code, reply?.code === 0 ? undefined : reply);
  }

  #ended(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.lost ??= { text: 'closed the connection', step: this.step };
    this.#finish?.(false);
    const onLost = this.onLost;
    this.onLost = undefined;
    onLost?.();
  }
}
