/** A request to an API or token endpoint. Redirects are never followed. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute; https, or http on this machine. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A stream is sent as it comes; then `headers` name its Content-Length. */
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** Milliseconds until the connection is there; 30 s if absent. */
  readonly connectTimeout?: number;
  /** Milliseconds until the whole answer is there. */
  readonly timeout: number;
  /** Longest answer that is read, in bytes; 1 MiB if absent. */
  readonly maxAnswer?: number;
  readonly signal?: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names in small letters; several values of one name joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** No answer came. Says what happened, in words that go behind the server's name, and never what was in the request. */
export class HttpFailure extends Error {
  /**
   * Code of Node, OpenSSL or ours: `ENOTFOUND`, `ECONNREFUSED`, `ETIMEDOUT`, `ECERTIFICATE`, `EPROXY` (the proxy is not reached, or got no
   * connection), `EPROXYAUTH` (the proxy wants another user or password), `EREQUEST` (not asked at all), `EBODY` (the content could not be
   * read), `ETOOLARGE`, `ABORTED`, …
   */
  readonly code: string;
  /** The whole request may have reached the server, so that it may have acted on it. */
  readonly sent: boolean;

  constructor(code: string, text: string, sent: boolean, cause?: unknown) {
    super(text, { cause });
    this.name = 'HttpFailure';
    this.code = code;
    this.sent = sent;
  }
}

/** HTTP to the outside: over the proxy of the settings, checked against the trust anchors. network/ implements it. */
export interface HttpClient {
  /** Answers whatever the status is; rejects with HttpFailure when no answer came. */
  send(request: HttpRequest): Promise<HttpAnswer>;
}
