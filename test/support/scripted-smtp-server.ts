/**
 * An SMTP server that does as it is told: other replies at any step, silence, a cut connection. It records every transaction byte for
 * byte and never judges, so that a test sees exactly what was said to it.
 */
import { createHmac } from 'node:crypto';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createSecureContext, type SecureVersion, TLSSocket } from 'node:tls';

export type ServerStep =
  | 'banner'
  | 'ehlo'
  | 'helo'
  | 'starttls'
  | 'auth'
  | 'mail'
  | 'rcpt'
  | 'data'
  | 'body'
  | 'final'
  | 'rset'
  | 'quit';

export interface ServerAction {
  /** Written as it is; CRLF is added to a text. Replaces the usual reply. */
  readonly reply?: string | Buffer;
  /** Close the connection: without the reply, or behind it. */
  readonly cut?: 'instead' | 'after';
  /** With `cut` at the step body: after so many bytes of content. */
  readonly afterBytes?: number;
  /** Say nothing, and keep the connection. */
  readonly silent?: boolean;
  /** Milliseconds before the reply. */
  readonly delay?: number;
  /** Send the reply again and again until the connection is gone. */
  readonly forever?: boolean;
}

export interface StepContext {
  readonly line: string;
  /** Counts from 1 over the life of the server. */
  readonly connection: number;
  /** Counts from 1 within the connection. */
  readonly transaction: number;
  readonly encrypted: boolean;
}

export type Script = Partial<
  Record<ServerStep, ServerAction | ((context: StepContext) => ServerAction | undefined)>
>;

export interface ScriptedServerOptions {
  readonly security?: 'none' | 'starttls' | 'tls';
  readonly certificate?: { readonly chain: string; readonly key: string };
  readonly minimumTls?: SecureVersion;
  readonly maximumTls?: SecureVersion;
  readonly extensions?: readonly string[];
  readonly mechanisms?: readonly string[];
  readonly user?: string;
  readonly password?: string | (() => string);
  /** Judges what comes with XOAUTH2 and OAUTHBEARER. */
  readonly token?: (shown: ShownToken) => TokenVerdict;
  readonly script?: Script;
}

/** What a client said with XOAUTH2 or OAUTHBEARER. */
export interface ShownToken {
  readonly mechanism: 'XOAUTH2' | 'OAUTHBEARER';
  readonly user: string;
  readonly token: string;
  /** The whole message, decoded. */
  readonly message: string;
  readonly steps: 1 | 2;
  /** Counts from 1 over the life of the server. */
  readonly connection: number;
}

/** True: signed in. A text refuses: the reply, with the explanation that goes before it in a 334. */
export type TokenVerdict = true | { readonly reply: string; readonly explanation?: string };

export interface RecordedTransaction {
  readonly connection: number;
  readonly mail: string;
  readonly recipients: readonly string[];
  /** Without dot stuffing and without the end. */
  readonly body: Buffer;
  /** As it came, with the end. */
  readonly wire: Buffer;
}

export interface ScriptedServer {
  readonly port: number;
  readonly transactions: readonly RecordedTransaction[];
  /** All command lines in order. */
  readonly lines: readonly string[];
  /** Connections since the start, and those that are open. */
  connections(): number;
  open(): number;
  quits(): number;
  /** What the server does from now on. */
  setScript(script: Script): void;
  /** Closes every open connection. */
  cutAll(): void;
  close(): Promise<void>;
}

const END_OF_DATA = Buffer.from('\r\n.\r\n');

export async function startScriptedServer(options: ScriptedServerOptions = {}): Promise<ScriptedServer> {
  const security = options.security ?? 'none';
  const transactions: RecordedTransaction[] = [];
  const lines: string[] = [];
  const sockets = new Set<Socket>();
  let script = options.script ?? {};
  let connections = 0;
  let quits = 0;

  function secure(socket: Socket): TLSSocket {
    const tls = new TLSSocket(socket, {
      isServer: true,
      secureContext: createSecureContext({
        cert: options.certificate?.chain,
        key: options.certificate?.key,
        ...(options.minimumTls ? { minVersion: options.minimumTls } : {}),
        ...(options.maximumTls ? { maxVersion: options.maximumTls } : {}),
        ...(options.maximumTls === undefined || options.maximumTls >= 'TLSv1.2'
          ? {}
          : { ciphers: 'DEFAULT@SECLEVEL=0' }),
      }),
    });
    tls.on('error', () => undefined);
    return tls;
  }

  function serve(plain: Socket): void {
    const connection = ++connections;
    sockets.add(plain);
    plain.setNoDelay(true);
    plain.on('error', () => undefined);
    plain.on('close', () => sockets.delete(plain));
    let socket: Socket = security === 'tls' ? secure(plain) : plain;
    let buffer = Buffer.alloc(0);
    let mode: 'command' | 'data' | 'auth' = 'command';
    let transaction = 0;
    let mail = '';
    let recipients: string[] = [];
    let accepted = 0;
    let busy = Promise.resolve();
    let onAuth: ((line: string) => void) | undefined;
    const encrypted = (): boolean => socket instanceof TLSSocket;

    function act(step: ServerStep, line: string, usual: string): Promise<boolean> {
      const entry = script[step];
      const action =
        typeof entry === 'function'
          ? entry({ line, connection, transaction, encrypted: encrypted() })
          : entry;
      return perform(action ?? {}, usual);
    }

    /** True when the usual effect of the step follows. */
    async function perform(action: ServerAction, usual: string): Promise<boolean> {
      if (action.delay) await new Promise((resolve) => setTimeout(resolve, action.delay));
      if (action.silent) return false;
      if (action.cut === 'instead') {
        plain.destroy();
        return false;
      }
      const reply = action.reply ?? usual;
      const bytes = typeof reply === 'string' ? Buffer.from(`${reply}\r\n`) : reply;
      if (action.forever) await repeat(bytes);
      else if (socket.writable) socket.write(bytes);
      if (action.cut === 'after') socket.end(() => plain.destroy());
      return /^[23]/.test(bytes.toString('latin1', 0, 1)) && action.cut === undefined;
    }

    async function repeat(bytes: Buffer): Promise<void> {
      while (!plain.destroyed) {
        if (!socket.write(bytes)) {
          await new Promise<void>((resolve) => {
            socket.once('drain', resolve);
            plain.once('close', resolve);
          });
        } else await new Promise((resolve) => setImmediate(resolve));
      }
    }

    async function command(line: string): Promise<void> {
      lines.push(line);
      const verb = line.slice(0, 4).toUpperCase();
      if (verb === 'EHLO') {
        const extensions = [
          ...(options.extensions ?? ['PIPELINING', '8BITMIME', 'SMTPUTF8', 'DSN', 'SIZE 52428800']),
        ];
        if (security === 'starttls' && !encrypted()) extensions.push('STARTTLS');
        if (options.mechanisms && (security !== 'starttls' || encrypted()))
          extensions.push(`AUTH ${options.mechanisms.join(' ')}`);
        const all = ['scripted.test', ...extensions];
        const text = all
          .map((word, index) => `250${index === all.length - 1 ? ' ' : '-'}${word}`)
          .join('\r\n');
        await act('ehlo', line, text);
      } else if (verb === 'HELO') await act('helo', line, '250 scripted.test');
      else if (verb === 'STAR' && security === 'starttls') {
        if (!(await act('starttls', line, '220 2.0.0 ready'))) return;
        buffer = Buffer.alloc(0);
        plain.removeAllListeners('data');
        socket = secure(plain);
        socket.on('data', receive);
      } else if (verb === 'AUTH') await authenticate(line);
      else if (verb === 'MAIL') {
        transaction += 1;
        recipients = [];
        accepted = 0;
        mail = (await act('mail', line, '250 2.1.0 ok')) ? line : '';
      } else if (verb === 'RCPT') {
        if (mail === '') await perform({}, '503 5.5.1 MAIL first');
        else if (await act('rcpt', line, '250 2.1.5 ok')) {
          accepted += 1;
          recipients.push(line);
        }
      } else if (verb === 'DATA') {
        if (accepted === 0) await perform({}, '554 5.5.1 no valid recipients');
        else if (await act('data', line, '354 go on')) mode = 'data';
      } else if (verb === 'RSET') {
        mail = '';
        await act('rset', line, '250 2.0.0 ok');
      } else if (verb === 'QUIT') {
        quits += 1;
        await act('quit', line, '221 2.0.0 bye');
        socket.end();
      } else await perform({}, '500 5.5.2 what?');
    }

    async function askRaw(prompt: string): Promise<string> {
      mode = 'auth';
      socket.write(`334 ${Buffer.from(prompt).toString('base64')}\r\n`);
      const answer = await new Promise<string>((resolve) => {
        onAuth = resolve;
        // What came in one piece with the command is already here.
        setImmediate(() => drain());
      });
      mode = 'command';
      return answer;
    }

    async function authenticate(line: string): Promise<void> {
      const [, mechanism = '', initial] = line.split(' ');
      const password = typeof options.password === 'function' ? options.password() : (options.password ?? '');
      const ask = async (prompt: string): Promise<string> => decode(await askRaw(prompt));
      let right = false;
      if (mechanism === 'PLAIN') right = decode(initial ?? '') === `\u0000${options.user}\u0000${password}`;
      else if (mechanism === 'LOGIN') {
        const user = await ask('Username:');
        right = (await ask('Password:')) === password && user === options.user;
      } else if (mechanism === 'CRAM-MD5') {
        const challenge = '<1.2@scripted.test>';
        const digest = createHmac('md5', password).update(challenge).digest('hex');
        right = (await ask(challenge)) === `${options.user} ${digest}`;
      } else if (mechanism === 'XOAUTH2' || mechanism === 'OAUTHBEARER') {
        const message = initial === undefined ? await ask('') : decode(initial);
        const parts = message.split('\u0001');
        const verdict = options.token?.({
          mechanism,
          user: (parts[0] ?? '').replace(mechanism === 'XOAUTH2' ? /^user=/ : /^n,a=|,$/g, ''),
          token: (parts.find((part) => part.startsWith('auth=Bearer ')) ?? '').slice('auth=Bearer '.length),
          message,
          steps: initial === undefined ? 2 : 1,
          connection,
        });
        if (typeof verdict === 'object') {
          if (verdict.explanation !== undefined) lines.push(`(answer) ${await askRaw(verdict.explanation)}`);
          await act('auth', line, verdict.reply);
          return;
        }
        right = verdict === true;
      }
      await act('auth', line, right ? '235 2.7.0 welcome' : '535 5.7.8 bad credentials');
    }

    async function content(): Promise<boolean> {
      const entry = script.body;
      const action =
        typeof entry === 'function'
          ? entry({ line: '', connection, transaction, encrypted: encrypted() })
          : entry;
      if (action && buffer.length >= (action.afterBytes ?? 0)) {
        const { body: _done, ...others } = script;
        script = others;
        if (action.silent) {
          socket.pause();
          return false;
        }
        await perform(action, '');
        if (action.cut) return false;
      }
      const end = buffer.indexOf(END_OF_DATA);
      const atOnce = buffer.subarray(0, 3).equals(END_OF_DATA.subarray(2));
      if (end === -1 && !atOnce) return false;
      const length = atOnce ? 3 : end + END_OF_DATA.length;
      const wire = Buffer.from(buffer.subarray(0, length));
      buffer = buffer.subarray(length);
      mode = 'command';
      const body = Buffer.from(
        wire
          .subarray(0, -3)
          .toString('latin1')
          .replace(/(^|\r\n)\./g, '$1'),
        'latin1',
      );
      const record = { connection, mail, recipients: [...recipients], body, wire };
      mail = '';
      if (await act('final', '', `250 2.0.0 taken as ${transactions.length + 1}`)) transactions.push(record);
      return true;
    }

    function drain(): void {
      if (mode === 'auth') {
        const end = buffer.indexOf('\r\n');
        if (end === -1 || !onAuth) return;
        const answer = buffer.toString('latin1', 0, end);
        buffer = buffer.subarray(end + 2);
        const deliver = onAuth;
        onAuth = undefined;
        deliver(answer);
        return;
      }
      busy = busy.then(async () => {
        for (;;) {
          if (plain.destroyed) return;
          if (mode === 'data') {
            if (!(await content())) return;
            continue;
          }
          const end = buffer.indexOf('\r\n');
          if (end === -1) return;
          const line = buffer.toString('utf8', 0, end);
          buffer = buffer.subarray(end + 2);
          await command(line);
        }
      });
    }

    function receive(chunk: Buffer): void {
      buffer = Buffer.concat([buffer, chunk]);
      drain();
    }

    socket.on('data', receive);
    socket.on('error', () => undefined);
    busy = busy.then(async () => void (await act('banner', '', '220 scripted.test ESMTP')));
  }

  const server = createServer({ allowHalfOpen: false }, serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    transactions,
    lines,
    connections: () => connections,
    open: () => sockets.size,
    quits: () => quits,
    setScript(next) {
      script = next;
    },
    cutAll() {
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function decode(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8');
}
