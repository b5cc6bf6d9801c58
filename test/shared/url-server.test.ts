import { expect } from 'chai';
import { urlServer } from '../../src/shared/url-server.ts';

describe('the server of an address', () => {
  for (const [address, encrypted, host, port] of [
    ['https://api.example.com/v1', true, 'api.example.com', 443],
    ['http://proxy.example.com', false, 'proxy.example.com', 80],
    ['https://[2001:db8::1]:8443/', true, '2001:db8::1', 8443],
    ['http://[::1]', false, '::1', 80],
    // URL leaves the usual port out.
    ['https://api.example.com:443/', true, 'api.example.com', 443],
    ['https://api.example.com:80/', true, 'api.example.com', 80],
  ] as const) {
    it(`is read from ${address}`, () => {
      expect(urlServer(new URL(address))).to.deep.equal({ encrypted, host, port });
    });
  }
});
