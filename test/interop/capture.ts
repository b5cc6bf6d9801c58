import { SMTPServer } from 'smtp-server';

/** A message as it arrived: CRLF line ends, dots unstuffed. */
export interface Captured {
  readonly sender: string;
  readonly recipients: readonly string[];
  readonly bytes: Buffer;
}

/** A plain mail server that keeps what it gets. */
export interface Capture {
  readonly port: number;
  readonly messages: readonly Captured[];
  close(): Promise<void>;
}

/** Starts it on 127.0.0.1. */
export async function startCapture(): Promise<Capture> {
  const messages: Captured[] = [];
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    onData(stream, session, callback) {
      const pieces: Buffer[] = [];
      stream.on('data', (piece: Buffer) => pieces.push(piece));
      stream.on('error', callback);
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        const sender = mailFrom === false ? '' : mailFrom.address;
        messages.push({
          sender,
          recipients: rcptTo.map(({ address }) => address),
          bytes: Buffer.concat(pieces),
        });
        callback();
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    messages,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
