/** Whom an http or https address leads to. */
export interface UrlServer {
  readonly encrypted: boolean;
  /** A name, or an IP address without brackets. */
  readonly host: string;
  /** As written, else the usual one. */
  readonly port: number;
}

/** The server of an http or https address. */
export function urlServer({ protocol, hostname, port }: URL): UrlServer {
  const encrypted = protocol === 'https:';
  return {
    encrypted,
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (encrypted ? 443 : 80) : Number(port),
  };
}
