import type { Socket } from 'node:net';
import { HttpFailure } from '../shared/http.ts';

/** Bytes that a server may say before it changes over to TLS. */
const MOST_BYTES = 32 * 1024;

/**
 * Has an SMTP server change over to TLS (RFC 3207): greeting, EHLO, STARTTLS. Nothing else is ever said to it, and of what it says
 * only the codes are told. Rejects with HttpFailure `ESMTP` in words that go behind the server's name, or with the reason of `signal`;
 * the connection is closed then.
 */
export function startTls(socket: Socket, hostname: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const steps = [
      { expect: '220', words: 'does not greet as a mail server', say: `EHLO ${hostname}\r\n` },
      { expect: '250', words: 'does not take EHLO', say: 'STARTTLS\r\n' },
      { expect: '220', words: 'does not offer STARTTLS', say: '' },
    ];
    let heard = Buffer.alloc(0);
    let step = 0;
    const end = (): void => {
      signal.removeEventListener('abort', aborted);
      socket.off('readable', readable).off('error', failed).off('end', ended).off('close', ended);
    };
    const refuse = (error: unknown): void => {
      end();
      socket.on('error', () => undefined);
      socket.destroy();
      reject(error instanceof Error ? error : new Error('aborted'));
    };
    const broken = (words: string): void => refuse(new HttpFailure('ESMTP', words, false));
    const aborted = (): void => refuse(signal.reason);
    const failed = (): void => broken('broke the connection off');
    const ended = (): void =>
      broken(`${steps[step]?.words ?? 'closed the connection'}: it closed the connection`);
    // Paused reading, not 'data': whoever comes next finds the socket as it was.
    const readable = (): void => {
      for (;;) {
        const piece: unknown = socket.read();
        if (!Buffer.isBuffer(piece)) return;
        heard = Buffer.concat([heard, piece]);
        if (heard.length > MOST_BYTES) return broken('says too much before TLS');
        const reply = replyIn(heard);
        if (reply === 'none') return broken('does not speak SMTP');
        if (reply === 'more') continue;
        const { expect = '', words = '', say = '' } = steps[step] ?? {};
        if (reply.code !== expect) return broken(`${words} (${reply.code})`);
        heard = heard.subarray(reply.end);
        // What comes before the change-over would be taken for something said under TLS.
        if (heard.length > 0) return broken('says something before it is asked');
        step += 1;
        if (say === '') {
          end();
          return resolve();
        }
        socket.write(say);
      }
    };
    signal.addEventListener('abort', aborted);
    socket.on('readable', readable).on('error', failed).on('end', ended).on('close', ended);
    if (signal.aborted) aborted();
  });
}

/** The first whole reply: its code, and where it ends (RFC 5321 section 4.2.1). */
function replyIn(heard: Buffer): { readonly code: string; readonly end: number } | 'more' | 'none' {
  const text = heard.toString('latin1');
  if (!/^(?:\d|\d\d|\d{3}(?:[ -]|\r?\n|\r?$)|$)/.test(text.slice(0, 5)) && !/^\d{3}[ -]/.test(text))
    return 'none';
  const last = /^(\d{3})(?: [^\n]*)?\n/m.exec(text);
  return last === null ? 'more' : { code: last[1] ?? '', end: last.index + last[0].length };
}
