import { networkInterfaces } from 'node:os';

/** The addresses under which other machines may reach this one: IPv4 first, without loopback and link-local ones. */
export function ownAddresses(interfaces: () => Interfaces = networkInterfaces): readonly string[] {
  const all = Object.values(interfaces()).flatMap((addresses) => addresses ?? []);
  const outward = all.filter(({ internal, address }) => !internal && !/^(fe80:|169\.254\.)/i.test(address));
  const sorted = [
    ...outward.filter(({ family }) => family === 'IPv4'),
    ...outward.filter(({ family }) => family === 'IPv6'),
  ];
  return [...new Set(sorted.map(({ address }) => address))].slice(0, 20);
}

type Interfaces = Readonly<
  Record<
    string,
    readonly { readonly address: string; readonly family: string; readonly internal: boolean }[] | undefined
  >
>;
