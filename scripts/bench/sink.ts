import { createServer, type Socket } from 'node:net';

/**
 * A mail server that takes everything and keeps nothing but counts and, where asked for, the numbers that load.ts wrote
 * into the messages. Lean enough not to be what is measured.
 */
export interface Sink {
  readonly port: number;
  /** Messages taken so far. */
  count(): number;
  connections(): number;
  close(): Promise<void>;
}

export interface SinkOptions {
  /** Milliseconds until a message is answered; a slow server. */
  readonly pause?: number;
  /** 0 for any; any if absent. */
  readonly port?: number;
  /** Called once a message is complete, ahead of the reply, with its load number (-1 without one) and connection. */
  readonly onMessage?: (number: number, connection: number) => void;
}

const END = Buffer.from('\r\n.\r\n');
const FIELD = 'X-Load-Number: ';
const LONGEST_COMMAND = 8192;
const SIGNED_IN = '235 2.7.0 Accepted\r\n';

export async function startSink(options: SinkOptions = {}): Promise<Sink> {
  let count = 0;
  let connections = 0;
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    const connection = connections++;
    serve(socket, options.pause ?? 0, (number) => {
      count += 1;
      options.onMessage?.(number, connection);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', 1000, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    count: () => count,
    connections: () => connections,
    close() {
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function serve(socket: Socket, pause: number, taken: (number: number) => void): void {
  socket.setNoDelay(true);
  socket.write('220 sink.example.com ESMTP\r\n');
  let command = '';
  let inData = false;
  let signingIn = false;
  let tail = Buffer.alloc(0);
  let head = '';

  const answer = () => socket.writable && socket.write('250 2.0.0 Ok: taken\r\n');
  const takeData = (bytes: Buffer): Buffer | undefined => {
    const seen = tail.length === 0 ? bytes : Buffer.concat([tail, bytes]);
    const end = seen.indexOf(END);
    if (head.length < LONGEST_COMMAND) {
      const from = tail.length;
      head += seen.toString(
        'latin1',
        from,
        Math.min(end < 0 ? seen.length : end + 2, from + LONGEST_COMMAND),
      );
    }
    if (end < 0) {
      tail = Buffer.from(seen.subarray(Math.max(0, seen.length - END.length + 1)));
      return undefined;
    }
    taken(numberIn(head));
    if (pause > 0) setTimeout(answer, pause);
    else answer();
    inData = false;
    return seen.subarray(end + END.length);
  };
  const takeCommands = (bytes: Buffer): Buffer | undefined => {
    let position = 0;
    let replies = '';
    for (;;) {
      const end = bytes.indexOf(0x0a, position);
      command += bytes.toString('latin1', position, end < 0 ? bytes.length : end);
      if (command.length > LONGEST_COMMAND) socket.destroy();
      if (end < 0) break;
      position = end + 1;
      const verb = command.slice(0, 4).toUpperCase();
      // AUTH without an initial response asks for it (RFC 4954 section 4); whatever comes then is right.
      const asks = verb === 'AUTH' && /^AUTH \S+\s*$/i.test(command);
      replies += signingIn ? SIGNED_IN : asks ? '334 \r\n' : replyTo(verb);
      signingIn = asks;
      command = '';
      if (verb === 'QUIT') socket.end(replies);
      if (verb !== 'DATA') continue;
      inData = true;
      head = '';
      tail = Buffer.from('\r\n'); // so that an empty message ends at once
      break;
    }
    if (replies !== '' && socket.writable) socket.write(replies);
    return inData && position < bytes.length ? bytes.subarray(position) : undefined;
  };
  socket.on('data', (bytes: Buffer) => {
    let rest: Buffer | undefined = bytes;
    while (rest !== undefined && rest.length > 0) rest = inData ? takeData(rest) : takeCommands(rest);
  });
}

function replyTo(verb: string): string {
  switch (verb) {
    case 'EHLO':
      return '250-sink.example.com\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SIZE\r\n250-AUTH PLAIN XOAUTH2\r\n250 ENHANCEDSTATUSCODES\r\n';
    case 'AUTH':
      return SIGNED_IN;
    case 'DATA':
      return '354 End with a dot\r\n';
    case 'QUIT':
      return '221 2.0.0 Bye\r\n';
    default:
      return '250 2.1.0 Ok\r\n';
  }
}

function numberIn(head: string): number {
  const at = head.indexOf(FIELD);
  return at < 0 ? -1 : Number.parseInt(head.slice(at + FIELD.length, at + FIELD.length + 12), 10);
}
