// oxlint-disable no-underscore-dangle -- smtp-server names what subclasses override so
/*
 * One connection: carries bytes between the socket and the dialogue. It adds to smtp-server's connection what that leaves
 * open: a greeting without delay, replies sent together, our own parser, deadlines for everything, and waiting for the
 * queue instead of buffering. At most one command or piece of content is worked on at a time; while it is, nothing more
 * is read.
 *
 * A client has to wait for the greeting. It is sent one turn of the event loop after the connection (microseconds); who
 * has spoken by then, as web pages and spam programs do, is refused, unless its client has `compatibility.talksFirst`.
 */
import { TLSSocket } from 'node:tls';
import { SMTPConnection } from 'smtp-server/lib/smtp-connection';
import { SMTPStream } from 'smtp-server/lib/smtp-stream';
import { errorText } from '../shared/errors.ts';
import type { ListenerContext } from './context.ts';
import { Dialogue } from './dialogue.ts';
import type { RefusalReason } from './meters.ts';
import { type AddressBits, addressBits, plainAddress } from './networks.ts';
import { reply, type SmtpReply, wireText } from './replies.ts';
import { SessionBounds } from './session-bounds.ts';
import { SessionDeadlines } from './session-deadlines.ts';
import type { Step } from './step.ts';
import { WireReader } from './wire-reader.ts';

/** RFC 4954 section 4 asks for 12,288 octets on AUTH lines; RFC 5321 for 512 on others, which extensions add to. */
const MAX_LINE = 12_288;
/** From connection to the end of an implicit TLS handshake, or of STARTTLS, in milliseconds. */
export const HANDSHAKE_DEADLINE = 30_000;

type Done = (error?: Error | null) => void;
type Server = ConstructorParameters<typeof SMTPConnection>[0];
type Socket = ConstructorParameters<typeof SMTPConnection>[1];
type Options = ConstructorParameters<typeof SMTPConnection>[2];

/** smtp-server's parser, with our reader in place of its own. */
class SessionInput extends SMTPStream {
  readonly reader = new WireReader(MAX_LINE);
  readonly #session: Session;

  constructor(session: Session) {
    super();
    this.#session = session;
  }

  override _write(chunk: Buffer, _encoding: unknown, done: Done): void {
    this.#session.take(this, chunk, done);
  }

  /** The client has closed its side, and everything that it sent is answered. */
  override _final(done: Done): void {
    done();
    if (!this.isClosed) this.#session.close();
  }
}

/** Made for every connection that is let in; ends with its socket. */
export class Session extends SMTPConnection {
  readonly #context: ListenerContext;
  readonly #bounds: SessionBounds;
  readonly #address: string;
  readonly #bits: AddressBits | undefined;
  #dialogue: Dialogue;
  /** The TLS socket from the start of its handshake on. */
  #topSocket: Socket;
  #output = '';
  /** Set while input is worked on: what resumes reading. */
  #done: Done | undefined;
  /** Something asynchronous is under way; the client waits for us, not we for it. */
  #busy = false;
  #greeted = false;
  #spoke = false;
  readonly #deadlines: SessionDeadlines;

  constructor(server: Server, socket: Socket, options: Options, context: ListenerContext) {
    super(server, socket, options);
    this.#context = context;
    this.#topSocket = socket;
    this.#bounds = new SessionBounds(() => context.settings().limits);
    this.#address = plainAddress(socket.remoteAddress ?? '');
    this.#bits = addressBits(this.#address);
    this.#dialogue = this.#newDialogue();
    this.#deadlines = new SessionDeadlines(context.clock.monotonic());
  }

  override init(): void {
    this._setListeners(() => {
      if (this.#talksFirst()) this.#greet();
      else setImmediate(() => setImmediate(() => this.#greet()));
    });
  }

  /** Takes bytes from the socket; calls back when there may be more. */
  take(input: SessionInput, chunk: Buffer, done: Done): void {
    // What came behind STARTTLS in clear, or after we closed, is not read (RFC 3207 section 4.2).
    if (input.isClosed || input !== this._parser || this._upgrading) return done();
    if (!this.#greeted) {
      this.#spoke = true;
      this.#greet();
      return done();
    }
    input.reader.feed(chunk);
    this.#done = done;
    this.#run(input);
  }

  /** Tells the client that we go, and goes; when a message is being taken, once that is done. */
  stop(): void {
    if (this._closing || this._closed || this.#busy || this.#dialogue.inTransaction) return;
    this.#bid(reply(421, '4.3.2', 'Postern is stopping; try again later'));
  }

  /** Ends it at once, without a word. */
  cut(): void {
    this.#dialogue.abandon();
    this.#topSocket.destroy();
    // In a handshake the TLS socket has to go first, and the one below it after it.
    setImmediate(() => this._socket.destroy());
  }

  /** Closes the connection where a deadline has passed. Called about once a second. */
  checkDeadlines(now: number): void {
    if (this._closing || this._closed || this.#busy) return;
    if (this._upgrading) {
      if (this.#deadlines.handshakeOverdue(now, HANDSHAKE_DEADLINE)) this.cut();
      return;
    }
    const { limits } = this.#context.settings();
    const late = this.#deadlines.overdue(now, limits, this.#dialogue.receiving?.received);
    if (late === undefined) return;
    this.#count('deadline');
    this.#bid(reply(421, '4.4.2', late));
  }

  /** Deadlines are ours, looked at together, so a socket needs no timer of its own. It tells us of the TLS socket, though. */
  override _armTimeout(socket: Socket = this._socket): void {
    this.#topSocket = socket;
  }

  override _createParser(): SMTPStream {
    return new SessionInput(this);
  }

  /** Called by smtp-server once TLS is up: everything that was said in clear is forgotten. */
  override _resetSession(): void {
    this.#dialogue = this.#newDialogue();
    this.#deadlines.waiting(this.#context.clock.monotonic());
  }

  /** Reached by smtp-server alone, for failures of its own. */
  override send(code: number, data?: string | string[] | null): void {
    const text = Array.isArray(data) ? data.join(' ') : (data ?? '');
    this.#write(wireText(reply(code, code < 500 ? '4.3.0' : '5.3.0', text)));
    if (code === 421) this.close();
  }

  override _onClose(): void {
    if (!this._closed) this.#dialogue.abandon();
    if (this._parser instanceof SessionInput) this._parser.reader.stop();
    super._onClose();
  }

  override close(): void {
    if (this._parser instanceof SessionInput) this._parser.reader.stop();
    this.#dialogue.abandon();
    super.close();
  }

  #newDialogue(): Dialogue {
    const tls = this._socket instanceof TLSSocket ? tlsName(this._socket) : undefined;
    const peer = { address: this.#address, bits: this.#bits, ...(tls === undefined ? {} : { tls }) };
    return new Dialogue(this.#context, peer, this.#bounds);
  }

  #talksFirst(): boolean {
    const client = this.#bits === undefined ? undefined : this.#context.policy().byAddress(this.#bits);
    return client?.compatibility.talksFirst ?? false;
  }

  #greet(): void {
    if (this.#greeted || this._closing || this._closed) return;
    this.#greeted = true;
    if (this.#spoke) {
      this.#count('talked-first');
      this.#bid(
        reply(
          554,
          '5.5.1',
          'You spoke before the greeting; wait for it, or allow talksFirst for this client',
        ),
      );
    } else if (this.#context.stopping()) {
      this.#bid(reply(421, '4.3.2', 'Postern is stopping; try again later'));
    } else {
      this.#write(`220 ${this.#context.hostname()} ESMTP Postern\r\n`);
    }
  }

  /** Works on what is there until it is used up or something has to be waited for. */
  #run(input: SessionInput): void {
    const wait = this.#advance(input);
    this.#flush();
    if (wait === undefined) return this.#resume(input);
    this.#busy = true;
    wait.then(
      () => this.#continue(input),
      (error: unknown) => {
        this.#context.log.error({ err: errorText(error) }, 'A connection failed; this is a fault of Postern');
        this.#bid(reply(421, '4.3.0', 'Internal error; try again later'));
        this.#continue(input);
      },
    );
  }

  #continue(input: SessionInput): void {
    this.#busy = false;
    const now = this.#context.clock.monotonic();
    this.#deadlines.waiting(now);
    // The client did not send because we did not read.
    const content = this.#dialogue.receiving;
    if (content !== undefined) this.#deadlines.contentFrom(now, content.received);
    this.#run(input);
  }

  #advance(input: SessionInput): Promise<void> | undefined {
    const { reader } = input;
    for (;;) {
      switch (reader.next()) {
        case 'more':
          this.#watchLine(reader);
          return undefined;
        case 'line': {
          const answer = this.#dialogue.command(reader.text);
          if (answer instanceof Promise) return answer.then((step) => this.#perform(step, input));
          this.#perform(answer, input);
          break;
        }
        case 'content': {
          const wait = this.#content(reader.bytes);
          if (wait !== undefined) return wait;
          break;
        }
        case 'end':
          return this.#dialogue.endOfContent().then((step) => this.#finish(step, input));
        case 'too-long':
          this.#count('flood');
          this.#bid(reply(500, '5.5.2', `The line is longer than ${MAX_LINE} bytes`));
          return undefined;
      }
    }
  }

  #content(bytes: Buffer): Promise<void> | undefined {
    const receiving = this.#dialogue.receiving;
    if (receiving === undefined) return undefined;
    const wait = receiving.push(bytes);
    if (receiving.endless && receiving.refusal !== undefined) this.#bid(receiving.refusal);
    return wait;
  }

  #finish(step: Step, input: SessionInput): void {
    if (step.text.startsWith('250')) this.#deadlines.messageAccepted(this.#context.clock.monotonic());
    this.#perform(step, input);
  }

  #perform(step: Step, input: SessionInput): void {
    if (this._closing || this._closed) return;
    this.#output += step.text;
    switch (step.next) {
      case undefined:
        return;
      case 'content':
        input.reader.startContent();
        return this.#deadlines.contentFrom(this.#context.clock.monotonic(), 0);
      case 'close':
        this.#flush();
        return this.close();
      case 'starttls':
        this.#flush();
        input.reader.stop();
        return this.upgrade(() => undefined);
    }
  }

  #watchLine(reader: WireReader): void {
    const now = this.#context.clock.monotonic();
    if (reader.insideLine) this.#deadlines.insideLine(now);
    else this.#deadlines.waiting(now);
  }

  /** Lets the socket go on; not before the client has taken the replies, or they would pile up here. */
  #resume(input: SessionInput): void {
    const done = this.#done;
    this.#done = undefined;
    if (done === undefined) return;
    const socket = this._socket;
    if (input.isClosed || socket.destroyed || !socket.writableNeedDrain) return done();
    const go = () => {
      socket.off('drain', go);
      socket.off('close', go);
      done();
    };
    socket.on('drain', go);
    socket.on('close', go);
  }

  #count(reason: RefusalReason): void {
    this.#context.meters.refusals.add(1, this.#context.settings().name, reason);
  }

  /** The last reply. */
  #bid(answer: SmtpReply): void {
    this.#write(wireText(answer));
    this.close();
  }

  #write(text: string): void {
    this.#output += text;
    this.#flush();
  }

  #flush(): void {
    const text = this.#output;
    if (text === '') return;
    this.#output = '';
    // During the handshake a reply in clear would break it.
    const socket = this._socket;
    if (this._upgrading || this._closed || socket.destroyed || !socket.writable) return;
    socket.write(text, 'latin1');
  }
}

function tlsName(socket: TLSSocket): string {
  const version = socket.getProtocol() ?? 'TLS';
  return `${version} ${socket.getCipher().name}`;
}
