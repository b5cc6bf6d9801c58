import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

/** What a test wants the proxy to do. */
export interface ConnectProxyOptions {
  /** Basic credentials that are asked for, `user:password`; may change from connection to connection. */
  readonly credentials?: string | (() => string);
  /** Makes it an https:// proxy. */
  readonly certificate?: { readonly chain: string; readonly key: string };
  /** Where a name leads, since only this machine may be dialled; 127.0.0.1 if absent. */
  readonly resolve?: (
    host: string,
    port: number,
  ) => { readonly host: string; readonly port: number } | undefined;
  /** Takes over after the request has come, in place of everything else. */
  readonly instead?: (client: Socket, head: string) => void;
  /** Milliseconds that the answer waits for the first bytes of the server, to be sent in one packet with them. */
  readonly together?: boolean;
  /** Written in front of the answer, such as an interim answer. */
  readonly before?: string;
}

export interface ConnectProxy {
  readonly port: number;
  readonly url: string;
  /** Targets that were asked for, `host:port`, in order. */
  readonly asked: readonly string[];
  /** The heads of all requests. */
  readonly heads: readonly string[];
  /** Tunnels that are open. */
  open(): number;
  close(): Promise<void>;
}

/** A small HTTP proxy that knows CONNECT alone. */
export async function startConnectProxy(options: ConnectProxyOptions = {}): Promise<ConnectProxy> {
  const asked: string[] = [];
  const heads: string[] = [];
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  };
  let tunnels = 0;

  function serve(client: Socket): void {
    keep(client);
    let buffer = '';
    const read = (chunk: Buffer): void => {
      buffer += chunk.toString('latin1');
      if (!buffer.includes('\r\n\r\n')) return;
      client.off('data', read);
      heads.push(buffer);
      if (options.instead) return options.instead(client, buffer);
      answer(client, buffer);
    };
    client.on('data', read);
  }

  function answer(client: Socket, head: string): void {
    const [, host = '', port = ''] = /^CONNECT (\S+):(\d+) HTTP\/1\.1\r\n/.exec(head) ?? [];
    asked.push(`${host}:${port}`);
    const wanted = typeof options.credentials === 'function' ? options.credentials() : options.credentials;
    const given = /^proxy-authorization: basic (\S+)\r$/im.exec(head)?.[1] ?? '';
    if (wanted !== undefined && Buffer.from(given, 'base64').toString() !== wanted) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="p"\r\n\r\n');
      return;
    }
    const target = options.resolve
      ? options.resolve(host, Number(port))
      : { host: '127.0.0.1', port: Number(port) };
    if (target === undefined) {
      client.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 4\r\n\r\nnone');
      return;
    }
    const server = connect(target);
    keep(server);
    server.on('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
    server.on('connect', () => {
      const yes = Buffer.from(`${options.before ?? ''}HTTP/1.1 200 Connection established\r\n\r\n`);
      tunnels += 1;
      client.on('close', () => {
        tunnels -= 1;
        server.destroy();
      });
      server.on('close', () => client.destroy());
      const join = (): void => {
        client.pipe(server);
        server.pipe(client);
      };
      if (options.together !== true) {
        client.write(yes);
        join();
        return;
      }
      server.once('data', (first: Buffer) => {
        client.write(Buffer.concat([yes, first]));
        join();
      });
    });
  }

  const { certificate } = options;
  const server: Server = certificate
    ? createTlsServer({ cert: certificate.chain, key: certificate.key }, serve)
    : createServer(serve);
  server.on('connection', keep);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `${certificate ? 'https' : 'http'}://localhost:${port}`,
    asked,
    heads,
    open: () => tunnels,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
