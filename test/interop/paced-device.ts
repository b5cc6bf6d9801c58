import { setTimeout as wait } from 'node:timers/promises';
import { SmtpClient } from '../support/smtp-client.ts';

/** A device that sends a message now and then, each on a connection and to an address of its own, whatever happens to the relay. */
export interface PacedDevice {
  /** Recipients of the messages that were answered 250, in order. */
  readonly accepted: readonly string[];
  stop(): Promise<void>;
}

/** `pause`: between two messages, ms. What gets no 250 is not sent again; the next one is. */
export function startPacedDevice(options: {
  readonly port: number;
  readonly name: string;
  readonly pause: number;
}): PacedDevice {
  const { port, name, pause } = options;
  const accepted: string[] = [];
  const stop = new AbortController();

  async function send(recipient: string): Promise<void> {
    const client = await SmtpClient.ready(port, { deadline: 10_000 });
    try {
      const reply = await client.message(
        `${name}@example.com`,
        [recipient],
        'Subject: Counter\r\n\r\none page',
      );
      if (reply.code === 250) accepted.push(recipient);
      client.write('QUIT\r\n');
    } finally {
      client.socket.end();
    }
  }

  const running = (async () => {
    for (let number = 0; !stop.signal.aborted; number += 1) {
      await send(`${name}-${number}@example.net`).catch(() => undefined);
      await wait(pause, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  })();
  return {
    accepted,
    async stop() {
      stop.abort();
      await running;
    },
  };
}
