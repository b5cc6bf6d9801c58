import { errorCode } from '../shared/errors.ts';
import { HttpFailure } from '../shared/http.ts';

/** What a code of Node, OpenSSL or undici means, in words that go behind the server's name. */
const WORDS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'is not found in DNS',
  ENODATA: 'is not found in DNS',
  EAI_AGAIN: 'is not known yet: DNS did not answer',
  ECONNREFUSED: 'refuses connections',
  ETIMEDOUT: 'did not answer in time',
  EHOSTUNREACH: 'cannot be reached on the network',
  ENETUNREACH: 'cannot be reached on the network',
  ECONNRESET: 'reset the connection',
  EPIPE: 'closed the connection',
  UND_ERR_SOCKET: 'closed the connection',
  UND_ERR_HEADERS_OVERFLOW: 'answered with more header fields than are read',
  UND_ERR_INVALID_ARG: 'is not asked: a field of the request is not allowed in HTTP',
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: 'is not asked: the content is not as long as was announced',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'cut its answer short',
  EPROTO: 'does not speak TLS as it should',
  ERR_SSL_WRONG_VERSION_NUMBER: 'does not speak TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'does not speak TLS',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'speaks only versions of TLS that are too old',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'speaks only versions of TLS that are too old',
  ERR_SSL_NO_PROTOCOLS_AVAILABLE: 'speaks only versions of TLS that are too old',
};

/** undici's names for what has a name already. */
const CODES: Readonly<Record<string, string>> = {
  UND_ERR_SOCKET: 'ECONNRESET',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'ECONNRESET',
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: 'EBODY',
  UND_ERR_INVALID_ARG: 'EREQUEST',
  UND_ERR_HEADERS_OVERFLOW: 'ETOOLARGE',
};

/**
 * An error of a library as a failure that shows nothing of the request or the answer: its code alone is kept, since what
 * else it holds (a piece of the answer, say) may be secret.
 */
export function failureOf(error: unknown, sent: boolean): HttpFailure {
  if (error instanceof HttpFailure) return error.sent === sent ? error : again(error, sent);
  if (error instanceof Error && error.name === 'HTTPParserError') {
    return new HttpFailure('ENOTHTTP', 'answered with something that is not HTTP', sent);
  }
  const code = errorCode(error) ?? 'EUNKNOWN';
  return new HttpFailure(CODES[code] ?? code, wordsFor(code), sent);
}

/** The words for a code, to go behind the server's name. */
export function wordsFor(code: string): string {
  return WORDS[code] ?? `failed (${code})`;
}

function again(failure: HttpFailure, sent: boolean): HttpFailure {
  return new HttpFailure(failure.code, failure.message, sent, failure.cause);
}
