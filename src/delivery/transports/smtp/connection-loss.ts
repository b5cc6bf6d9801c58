/* Why a connection to an upstream is gone, in words that hold neither a reply nor a secret. */
import type { Reply } from '../../outcome.ts';

/** How far a connection had come. */
export type ConnectionStep = 'tls' | 'greeting' | 'ehlo' | 'starttls' | 'auth' | 'ready';

/** Why a connection is gone. */
export interface Loss {
  /** What happened, in a few words that go behind the server's name: `closed the connection`. */
  readonly text: string;
  readonly step: ConnectionStep;
  /** Code of the network or of TLS, such as `ECONNRESET`. */
  readonly code?: string;
  /** Set when the server had said why. */
  readonly reply?: Reply;
}

/** The library's texts may hold a whole reply or command; these hold none. */
export function lossText(code: string | undefined, text: string): string {
  if (code === 'ETIMEDOUT') return 'did not answer in time';
  if (code === 'ECONNECTION' || code === 'ECONNRESET' || code === 'EPIPE') return 'closed the connection';
  if (code === 'EPROTOCOL')
    return text.startsWith('Server response') ? 'sent endless replies' : 'broke the protocol';
  if (code === 'ETLS') return 'broke off while the connection was being encrypted';
  return `broke the connection (${code ?? 'unknown error'})`;
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

/** A password in the forms in which a server may echo it. */
export function hiddenForms(user: string, password: string): readonly string[] {
  return [base64(`\u0000${user}\u0000${password}`), base64(password), password].filter(
    (text) => text.length > 2,
  );
}
