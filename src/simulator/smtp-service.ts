// oxlint-disable no-underscore-dangle -- smtp-server names what subclasses override so
/*
 * A submission server of a simulated provider: smtp-server with our connections, what happens to a message, and the end.
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { systemClock } from '../shared/clock.ts';
import type { MailService, Submission } from './mail-service.ts';
import { messageParts } from './message-parts.ts';
import type { Answer } from './scenario.ts';
import { Reply, SimulatedConnection } from './smtp-connection.ts';
import type { WebServer } from './web.ts';
import type { World } from './world.ts';

type SocketOptions = NonNullable<ConstructorParameters<typeof SimulatedConnection>[2]>;
type Callback = (error?: Error | null, text?: string) => void;

/** Listens on 127.0.0.1; port 0 is any free one. */
export async function serveSmtp(service: MailService, world: World, port: number): Promise<WebServer> {
  const server = new SimulatedServer(service, world);
  server.on('error', () => undefined); // a client that goes away in the middle is no news
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.server.off('error', reject);
      resolve();
    });
  });
  const address = server.server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    async close() {
      const closed = new Promise<void>((resolve) => server.server.close(() => resolve()));
      for (const connection of server.connections) connection._socket.destroy();
      await closed;
    },
  };
}

class SimulatedServer extends SMTPServer {
  readonly #service: MailService;
  readonly #world: World;
  readonly #bySession = new WeakMap<object, SimulatedConnection>();

  constructor(service: MailService, world: World) {
    super({
      key: world.authority.server.key,
      cert: world.authority.server.certificate,
      name: service.host,
      size: service.maxSize,
      rejectOversized: true,
      authMethods: ['XOAUTH2'],
      authRequiredMessage: service.notAuthenticated,
      maxAllowedUnauthenticatedCommands: Number.POSITIVE_INFINITY,
      disabledCommands: ['WIZ', 'SHELL', 'KILL'],
      disableReverseLookup: true,
      hideDSN: service.provider !== 'microsoft',
      hideENHANCEDSTATUSCODES: true,
      logger: false,
      onMailFrom: (address, session, callback) => this.#atMail(address.address, session, callback),
      onRcptTo: (address, session, callback) => this.#atRcpt(address.address, session, callback),
      onData: (stream, session, callback) => {
        void this.#atData(stream, session, callback);
      },
    });
    this.#service = service;
    this.#world = world;
  }

  override connect(socket: Socket | TLSSocket, options?: SocketOptions | null): void {
    if (socket.destroyed) return;
    const connection = new SimulatedConnection(this, socket, options, this.#service, this.#world);
    this.connections.add(connection);
    this.#bySession.set(connection.session, connection);
    connection.on('error', () => undefined);
    connection.init();
  }

  #atMail(sender: string, session: SMTPServerSession, callback: Callback): void {
    const connection = this.#of(session);
    const answer = connection.scenarioAt('mail', sender);
    callback(answer === undefined ? null : this.#asReply(answer, connection, sender));
  }

  #atRcpt(recipient: string, session: SMTPServerSession, callback: Callback): void {
    const connection = this.#of(session);
    const sender = senderOf(session);
    const full =
      session.envelope.rcptTo.length >= this.#service.maxRecipients
        ? this.#service.tooManyRecipients
        : undefined;
    const answer = connection.scenarioAt('rcpt', sender, recipient) ?? full;
    callback(answer === undefined ? null : this.#asReply(answer, connection, sender));
  }

  async #atData(stream: SMTPServerDataStream, session: SMTPServerSession, callback: Callback): Promise<void> {
    const content = await contentOf(stream, this.#service.maxSize).catch(() => undefined);
    // The client went away in the middle.
    if (content === undefined) return;
    // smtp-server itself refuses what is too large.
    if (stream.sizeExceeded) return callback(null);
    const connection = this.#of(session);
    const submission: Submission = {
      mailbox: connection.mailbox,
      sender: senderOf(session),
      recipients: session.envelope.rcptTo.map(({ address }) => address),
      content,
      parts: messageParts(content),
    };
    const played = this.#world.behaviours.take('final', {
      senders: [submission.mailbox, submission.sender, ...submission.parts.from],
      recipients: submission.recipients,
    });
    if (played?.kind === 'slow') {
      await new Promise<void>((resolve) => systemClock.after(played.milliseconds, resolve));
    } else if (played?.kind === 'lost') {
      if (played.taken) this.#take(submission);
      return connection.cut();
    } else if (played?.kind === 'reply') {
      return callback(this.#asReply(played, connection, submission.sender));
    }
    const against = await this.#service.judge(submission);
    if (against !== undefined) return callback(this.#asReply(against, connection, submission.sender));
    this.#take(submission);
    callback(null, this.#service.accepted(connection.sessionId));
    if (played?.kind === 'reset-after') setImmediate(() => connection.cut());
  }

  #take(submission: Submission): void {
    const { mailbox, recipients } = submission;
    const { provider } = this.#service;
    this.#world.outbox.add({
      provider,
      over: 'smtp',
      mailbox,
      recipients,
      ...this.#service.outgoing(submission),
    });
  }

  /** The error that makes smtp-server answer so. What ends the connection does so behind the reply. */
  #asReply(answer: Answer, connection: SimulatedConnection, sender: string): Error | null {
    if (answer.kind === 'lost') {
      connection.cut();
      return new Reply(421, '4.4.1 gone');
    }
    if (answer.kind !== 'reply') return null;
    if (/^4\d\d$/.test(String(answer.code)) && /limit|busy/i.test(answer.text)) {
      this.#world.outbox.counters.throttled += 1;
    }
    if (answer.close === true) setImmediate(() => connection.close());
    return new Reply(answer.code, connection.fill(answer.text, sender));
  }

  #of(session: SMTPServerSession): SimulatedConnection {
    const connection = this.#bySession.get(session);
    if (connection === undefined) throw new Error('A session without its connection');
    return connection;
  }
}

function senderOf(session: SMTPServerSession): string {
  return session.envelope.mailFrom === false ? '' : session.envelope.mailFrom.address;
}

/** The message; what is beyond the limit is read and not kept. */
async function contentOf(stream: SMTPServerDataStream, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    if (!(chunk instanceof Buffer)) continue;
    length += chunk.length;
    if (length <= limit) chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
