/*
 * An old device: speaks plain SMTP as it was in 1982, knows neither TLS nor passwords nor OAuth, and makes a new connection for every
 * message.
 */

import { connect } from 'node:net';
import { createInterface } from 'node:readline';

/** Milliseconds for the whole message. */
const DEADLINE = 10_000;

export interface DeviceMessage {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
}

/** Hands a message to the port on this machine; answers the reply to the final dot, or the first refusal. */
export async function sendAsDevice(port: number, { from, to, subject }: DeviceMessage): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' });
  const timer = setTimeout(() => socket.destroy(new Error('No answer in time')), DEADLINE);
  const content = `From: ${from}\r\nTo: ${to}\r\nSubject: ${subject}\r\n\r\nThis message was sent by a device.\r\n.`;
  const lines = ['HELO device', `MAIL FROM:<${from}>`, `RCPT TO:<${to}>`, 'DATA', content];
  try {
    let last = '';
    for await (const reply of createInterface({ input: socket })) {
      if (reply[3] === '-') continue;
      last = reply;
      const next = lines.shift();
      if (next === undefined || Number(reply.slice(0, 3)) >= 400) break;
      socket.write(`${next}\r\n`);
    }
    socket.end('QUIT\r\n');
    return last;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}
