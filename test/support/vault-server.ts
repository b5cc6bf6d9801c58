import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A Vault that knows as much of its HTTP API as Postern asks: KV versions 1 and 2, tokens, AppRole with tokens that end, namespaces,
 * being sealed. A test changes it by hand.
 */
export interface VaultServer {
  readonly url: string;
  /** `secret/mail/office` → its fields; below `secret/` version 2, below `old/` and `team/kv/` version 1. */
  readonly secrets: Map<string, Record<string, unknown>>;
  /** Tokens that may read. */
  readonly tokens: Set<string>;
  /** Requests as `METHOD path`, in order. */
  readonly asked: string[];
  /** Answers everything with this status, while it is set. */
  trouble: number | undefined;
  /** Whether the mount of a path may be asked for. */
  tellsMounts: boolean;
  namespace: string | undefined;
  readonly role: { roleId: string; secretId: string; lease: number };
  /** Milliseconds that an answer waits. */
  delay: number;
  close(): Promise<void>;
}

const MOUNTS: Readonly<Record<string, number>> = { secret: 2, old: 1, 'team/kv': 1 };

export async function startVault(): Promise<VaultServer> {
  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  let issued = 0;
  const vault: VaultServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    secrets: new Map(),
    tokens: new Set(['root-token']),
    asked: [],
    trouble: undefined,
    tellsMounts: true,
    namespace: undefined,
    role: { roleId: 'postern', secretId: 'secret-id', lease: 3600 },
    delay: 0,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(request.url ?? '').replace(/^\/v1\//, '');
    vault.asked.push(`${request.method} ${path}`);
    let body = '';
    for await (const chunk of request) body += String(chunk);
    if (vault.delay > 0) await new Promise((resolve) => setTimeout(resolve, vault.delay));
    const [status, json] = answer(request, path, body);
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(json));
  }

  function answer(request: IncomingMessage, path: string, body: string): readonly [number, unknown] {
    if (vault.trouble !== undefined) return [vault.trouble, { errors: ['Vault is sealed'] }];
    if (request.headers['x-vault-namespace'] !== vault.namespace) return refused;
    if (path === 'auth/approle/login') return login(body);
    if (!vault.tokens.has(String(request.headers['x-vault-token']))) return refused;
    if (path.startsWith('sys/internal/ui/mounts/'))
      return mountOf(path.slice('sys/internal/ui/mounts/'.length));
    return read(path);
  }

  function login(body: string): readonly [number, unknown] {
    const given: unknown = JSON.parse(body);
    const { roleId, secretId, lease } = vault.role;
    const right = { role_id: roleId, secret_id: secretId };
    if (JSON.stringify(given) !== JSON.stringify(right))
      return [400, { errors: ['invalid role or secret ID'] }];
    const token = `role-token-${(issued += 1)}`;
    vault.tokens.add(token);
    return [200, { auth: { client_token: token, lease_duration: lease, renewable: true } }];
  }

  function mountOf(path: string): readonly [number, unknown] {
    const mount = Object.keys(MOUNTS).find((name) => path.startsWith(`${name}/`));
    if (!vault.tellsMounts || mount === undefined) return refused;
    const options = MOUNTS[mount] === 2 ? { version: '2' } : null;
    return [200, { data: { path: `${mount}/`, type: 'kv', options } }];
  }

  function read(path: string): readonly [number, unknown] {
    const mount = Object.keys(MOUNTS).find((name) => path.startsWith(`${name}/`));
    if (mount === undefined) return refused;
    const rest = path.slice(mount.length + 1);
    if (MOUNTS[mount] === 1) {
      const fields = vault.secrets.get(path);
      return fields ? [200, { data: fields, lease_duration: 2764800 }] : [404, { errors: [] }];
    }
    const fields = rest.startsWith('data/') ? vault.secrets.get(`${mount}/${rest.slice(5)}`) : undefined;
    return fields
      ? [200, { data: { data: fields, metadata: { version: 1, destroyed: false } } }]
      : [404, { errors: [] }];
  }

  return vault;
}

const refused = [403, { errors: ['1 error occurred:\n\t* permission denied\n\n'] }] as const;
