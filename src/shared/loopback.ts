import { isIP } from 'node:net';

/** 127.0.0.0/8 and ::1, written in any way: reachable from this machine alone. */
export function isLoopbackAddress(address: string): boolean {
  if (isIP(address) === 4) return address.startsWith('127.');
  if (isIP(address) !== 6) return false;
  const canonical = new URL(`http://[${address.replace(/%.*$/, '')}]/`).hostname;
  return canonical === '[::1]' || /^\[::ffff:7f[0-9a-f]{2}:/.test(canonical);
}
