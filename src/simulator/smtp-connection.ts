// oxlint-disable no-underscore-dangle -- smtp-server names what subclasses override so
/*
 * One SMTP connection to a simulated provider: STARTTLS before anything else, sign-in with a token, the provider's words in place of
 * smtp-server's, and scenarios at every stage.
 */
import { randomBytes } from 'node:crypto';
import { SMTPConnection } from 'smtp-server/lib/smtp-connection';
import { parseAuthLine } from './auth-line.ts';
import type { Credentials, MailService } from './mail-service.ts';
import type { Answer, Stage } from './scenario.ts';
import type { World } from './world.ts';

type Server = ConstructorParameters<typeof SMTPConnection>[0];
type Socket = ConstructorParameters<typeof SMTPConnection>[1];
type Options = ConstructorParameters<typeof SMTPConnection>[2];
type Done = () => void;

/** An error as smtp-server wants it: the code and the text of the reply. */
export class Reply extends Error {
  readonly responseCode: number;

  constructor(code: number, text: string) {
    super(text);
    this.responseCode = code;
  }
}

/** Made for every connection. */
export class SimulatedConnection extends SMTPConnection {
  readonly #service: MailService;
  readonly #world: World;
  /** As servers write it into their replies. */
  readonly sessionId = randomBytes(8).toString('hex').toUpperCase();
  #mailbox = '';
  #failsTls = false;

  constructor(server: Server, socket: Socket, options: Options, service: MailService, world: World) {
    super(server, socket, options);
    this.#service = service;
    this.#world = world;
  }

  /** The account that is signed in; empty before. */
  get mailbox(): string {
    return this.#mailbox;
  }

  override init(): void {
    this._setListeners(() => setImmediate(() => this.#begin()));
  }

  #begin(): void {
    const played = this.#world.behaviours.take('connect', { senders: [] });
    if (played?.kind === 'tls-failure') this.#failsTls = true;
    else if (played !== undefined && this.play(played)) return;
    this.connectionReady();
  }

  override _sendGreeting(): void {
    this.send(220, this.#service.greeting, false);
  }

  override handler_EHLO(command: Buffer, done: Done): void {
    const [, name, more] = command.toString().trim().split(/\s+/);
    if (name === undefined || more !== undefined) {
      this.send(501, '5.5.4 Invalid domain name', false);
      return done();
    }
    this.hostNameAppearsAs = name.toLowerCase();
    this._resetSession();
    const secured = this.secure ? [`AUTH ${this.#service.mechanisms}`] : ['STARTTLS'];
    this.send(
      250,
      [
        `${this.#service.host} Hello [127.0.0.1]`,
        `SIZE ${this.#service.maxSize}`,
        'PIPELINING',
        ...(this.#service.provider === 'microsoft' ? ['DSN'] : []),
        'ENHANCEDSTATUSCODES',
        ...secured,
        '8BITMIME',
        'SMTPUTF8',
      ],
      false,
    );
    done();
  }

  override handler_STARTTLS(command: Buffer, done: Done): void {
    if (!this.#failsTls) return super.handler_STARTTLS(command, done);
    this.send(220, '2.0.0 SMTP server ready', false);
    // Something that is no TLS, in answer to the handshake: before it, it would look like somebody in between.
    this._socket.unpipe();
    this._socket.once('data', () => this._socket.end('no handshake today\r\n', () => this._socket.destroy()));
    this._socket.resume();
  }

  override handler_AUTH(command: Buffer, done: Done): void {
    const [, mechanism = '', initial, more] = command.toString().trim().split(/\s+/);
    const name = mechanism.toUpperCase();
    if (!this.secure) {
      this.send(530, '5.7.0 Must issue a STARTTLS command first');
      return done();
    }
    if (this.#mailbox !== '') {
      this.send(503, '5.5.1 Already authenticated');
      return done();
    }
    if (more !== undefined) {
      this.send(501, '5.5.4 Syntax error in parameters');
      return done();
    }
    if (name === 'XOAUTH2' || name === 'OAUTHBEARER') {
      if (initial !== undefined) return this.#authenticate(name, initial, done);
      this._nextHandler = (line, next) => this.#authenticate(name, line.toString().trim(), next);
      this.send(334, '');
      return done();
    }
    if (name === 'LOGIN' || name === 'PLAIN') return this.#password(name, initial, done);
    this.send(504, '5.7.4 Unrecognized authentication type');
    done();
  }

  #authenticate(mechanism: Credentials['mechanism'], line: string, done: Done): void {
    if (line === '*') {
      this.send(501, '5.7.0 Authentication aborted');
      return done();
    }
    const credentials = parseAuthLine(mechanism, line);
    if (credentials === undefined) {
      this.send(501, '5.5.2 Cannot decode response');
      return done();
    }
    const played = this.#world.behaviours.take('auth', { senders: [credentials.user] });
    if (played !== undefined && this.play(played, done)) return;
    const answer = this.#service.signIn(credentials);
    if ('kind' in answer) {
      this.play(answer, done);
      return;
    }
    const full = this.#service.connect(answer.mailbox);
    if (full !== undefined) {
      this.#world.outbox.counters.throttled += 1;
      this.play(full, done);
      return;
    }
    this.#mailbox = answer.mailbox;
    this.session.user = answer.mailbox;
    this.#world.outbox.counters.signIns += 1;
    this.send(235, '2.7.0 Authentication successful');
    done();
  }

  /** Asks for what a password sign-in brings, and refuses it whatever it is. */
  #password(name: 'LOGIN' | 'PLAIN', initial: string | undefined, done: Done): void {
    const refuse = (next: Done) => {
      this.play(this.#service.passwordRefused, next);
    };
    const askPassword = (next: Done) => {
      this._nextHandler = (_line, after) => refuse(after);
      this.send(334, 'UGFzc3dvcmQ6');
      next();
    };
    if (name === 'PLAIN' && initial !== undefined) return refuse(done);
    if (name === 'LOGIN' && initial !== undefined) return askPassword(done);
    this._nextHandler = (_line, next) => (name === 'LOGIN' ? askPassword(next) : refuse(next));
    this.send(334, name === 'LOGIN' ? 'VXNlcm5hbWU6' : '');
    done();
  }

  /** What is played at MAIL and RCPT; undefined is nothing. A broken connection calls nobody back. */
  scenarioAt(stage: Stage, sender: string, recipient?: string): Answer | undefined {
    return this.#world.behaviours.take(stage, {
      senders: [this.#mailbox, sender],
      ...(recipient === undefined ? {} : { recipients: [recipient] }),
    });
  }

  /** Answers so. False: go on as if nothing were; true: it was answered, and `done` is called unless the connection ends. */
  play(answer: Answer, done: Done = () => undefined): boolean {
    if (answer.kind === 'lost') {
      this.cut();
      return true;
    }
    if (answer.kind === 'challenge') {
      this._nextHandler = (_line, next) => {
        this.send(535, this.fill(answer.text));
        next();
      };
      this.send(334, Buffer.from(JSON.stringify(answer.json)).toString('base64'));
      done();
      return true;
    }
    if (answer.kind !== 'reply') return false;
    this.send(answer.code, this.fill(answer.text));
    if (answer.close === true) this.close();
    else done();
    return true;
  }

  /** Ends the connection without a word. */
  cut(): void {
    this._socket.destroy();
  }

  /** Puts host, time and session into the words of a reply. */
  fill(text: string, sender = ''): string {
    return text
      .replaceAll('{host}', this.#service.host)
      .replaceAll('{time}', new Date(this.#world.clock.now()).toISOString())
      .replaceAll('{session}', this.sessionId)
      .replaceAll('{mailbox}', this.#mailbox)
      .replaceAll('{sender}', sender);
  }

  /** Speaks as the provider does where smtp-server has words of its own. */
  override send(code: number, data?: string | string[] | null, context?: string | false): void {
    if (typeof data !== 'string') return super.send(code, data ?? '', context);
    const text = this.#inProvidersWords(code, data);
    super.send(code, text.includes('\n') ? text.split('\n') : text, false);
  }

  #inProvidersWords(code: number, text: string): string {
    if (text.startsWith('Error: message exceeds')) return this.fill(this.#service.tooLarge);
    if (text === 'Accepted') return '2.1.0 OK';
    if (code === 354) return 'Start mail input; end with <CRLF>.<CRLF>';
    if (text === 'Ready to start TLS') return '2.0.0 SMTP server ready';
    return text;
  }

  override _onClose(): void {
    const mailbox = this.#mailbox;
    this.#mailbox = '';
    if (mailbox !== '') this.#service.disconnect(mailbox);
    super._onClose();
  }
}
