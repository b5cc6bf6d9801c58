import { Socket as DatagramSocket } from 'node:dgram';
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import { isIP, type NetConnectOpts, Socket } from 'node:net';

/**
 * Required by mocha before any test: whoever dials, sends to or looks up a host outside this machine gets an error on the
 * spot, and the test under way fails even if the code under test swallows that error. Worker threads and child processes
 * are out of its reach; the tests give those loopback addresses only.
 */

const breaches: string[] = [];

/** What has been dialled since the last call. */
export function takeBreaches(): string[] {
  return breaches.splice(0);
}

/** Whether an address or name means this machine. */
export function isLoopback(host: string): boolean {
  const name = host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
  if (isIP(name) === 4) return name.startsWith('127.') || name === '0.0.0.0';
  if (isIP(name) === 6)
    return name === '::1' || name === '::' || /^(0*:)*0*1$/.test(name) || name.startsWith('::ffff:127.');
  return name === '' || name === 'localhost' || name.endsWith('.localhost');
}

function refuse(what: string): never {
  breaches.push(what);
  throw new Error(`a test reached beyond this machine: ${what}`);
}

/** The host behind the forms of arguments that `connect` takes. */
function hostOf(argument: unknown): string {
  const first: unknown = Array.isArray(argument) ? argument[0] : argument;
  if (typeof first !== 'object' || first === null) return '';
  const options: Partial<NetConnectOpts> & { host?: unknown } = first;
  return typeof options.host === 'string' ? options.host : '';
}

/** Puts a check in front of a method, wherever it is called from. */
function guard(owner: object, method: string, check: (values: readonly unknown[]) => void): void {
  const original: unknown = Reflect.get(owner, method);
  if (typeof original !== 'function') return;
  Reflect.set(owner, method, function (this: unknown, ...values: unknown[]): unknown {
    check(values);
    const result: unknown = Reflect.apply(original, this, values);
    return result;
  });
}

// net.connect, tls.connect, http and fetch all end in this method; its first argument is an options object, an array with
// one in front, or a port with the host behind it.
guard(Socket.prototype, 'connect', ([first, second]) => {
  const host = typeof first === 'number' && typeof second === 'string' ? second : hostOf(first);
  if (!isLoopback(host)) refuse(`connect to ${host}`);
});

guard(DatagramSocket.prototype, 'send', ([, ...rest]) => {
  const host = rest.find((value) => typeof value === 'string');
  if (typeof host === 'string' && !isLoopback(host)) refuse(`datagram to ${host}`);
});

// Questions to name servers leave the machine; names of this machine are answered from its hosts file.
for (const api of [dns, dns.promises]) {
  for (const method of Object.keys(api).filter((name) => /^(lookup|resolve\w*|reverse)$/.test(name))) {
    guard(api, method, ([host]) => {
      if (typeof host === 'string' && isIP(host) === 0 && !isLoopback(host)) refuse(`${method} of ${host}`);
    });
  }
}
syncBuiltinESMExports();

/** Mocha's root hooks: a breach fails the test in which it happened. */
export const mochaHooks = {
  afterEach() {
    const found = takeBreaches();
    if (found.length > 0) throw new Error(`the test reached beyond this machine: ${found.join(', ')}`);
  },
};
