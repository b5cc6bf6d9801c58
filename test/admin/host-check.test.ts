import { expect } from 'chai';
import { type CheckedRequest, checkHost } from '../../src/admin/host-check.ts';
import { RelayError } from '../../src/shared/errors.ts';

const NAMES = ['relay.example.com', 'Postern.lan'];
const request = (changes: Partial<CheckedRequest>): CheckedRequest => {
  const { host = 'relay.example.com', ...more } = changes;
  return {
    method: 'GET',
    path: '/api/v1/queue',
    host,
    askedHost: host,
    secure: true,
    origin: undefined,
    site: undefined,
    mode: undefined,
    destination: undefined,
    ...more,
  };
};

describe('which requests are taken from browsers', () => {
  for (const [title, changes] of [
    ['a program', {}],
    ['a write of our page', { method: 'POST', origin: 'https://relay.example.com', site: 'same-origin' }],
    [
      'a write of our page at a port',
      { method: 'PUT', host: 'relay.example.com:8443', origin: 'https://relay.example.com:8443' },
    ],
    [
      'a write of our page at the usual port, which browsers leave out',
      { method: 'PUT', host: 'relay.example.com:443', origin: 'https://relay.example.com' },
    ],
    [
      'a write of our page without https',
      { method: 'DELETE', secure: false, host: 'localhost:8025', origin: 'http://localhost:8025' },
    ],
    [
      'our page where a proxy does not say that it was https',
      { method: 'POST', secure: false, origin: 'https://relay.example.com' },
    ],
    [
      'our page by an address',
      { method: 'POST', secure: false, host: '[::1]:8025', origin: 'http://[::1]:8025' },
    ],
    [
      'names in capital letters',
      { host: 'RELAY.Example.COM', origin: 'https://relay.example.com', method: 'POST' },
    ],
    ['a name with a dot at its end', { host: 'postern.lan.:8025' }],
    ['events of our page', { path: '/api/v1/events', site: 'same-origin', mode: 'cors' }],
    ['a typed address', { site: 'none', mode: 'navigate', destination: 'document' }],
    [
      'a link to our page in a web mail',
      { path: '/messages', site: 'cross-site', mode: 'navigate', destination: 'document' },
    ],
    [
      'a provider that sends the browser back',
      { path: '/login/smtp-verification', site: 'cross-site', mode: 'navigate', destination: 'document' },
    ],
    ['a probe under any name', { path: '/livez', host: 'pod-7' }],
  ] as const satisfies readonly (readonly [string, Partial<CheckedRequest>])[]) {
    it(`takes ${title}`, () => checkHost(request(changes), NAMES));
  }

  for (const [title, changes] of [
    ['a name that is not ours', { host: 'evil.example' }],
    ['a name of ours behind one that is not', { host: 'evil.example', askedHost: 'relay.example.com' }],
    ['a name that is not ours behind one of ours', { askedHost: 'evil.example' }],
    ['no name at all', { askedHost: '', host: '' }],
    ['a write from another site', { method: 'POST', origin: 'https://evil.example' }],
    ['a write from no site in particular', { method: 'POST', origin: 'null' }],
    ['a write from an empty origin', { method: 'POST', origin: '' }],
    ['a write from another port', { method: 'POST', origin: 'https://relay.example.com:444' }],
    ['a write from our name without https', { method: 'POST', origin: 'http://relay.example.com' }],
    ['a write from another protocol', { method: 'POST', origin: 'ftp://relay.example.com' }],
    [
      'a write from a name that begins like ours',
      { method: 'POST', origin: 'https://relay.example.com.evil.example' },
    ],
    ['a write with our name as user', { method: 'POST', origin: 'https://relay.example.com@evil.example' }],
    ['a write of a site whose other host is ours', { method: 'POST', site: 'same-site' }],
    ['a write that another site navigates to', { method: 'POST', site: 'cross-site', mode: 'navigate' }],
    ['events for another origin', { path: '/api/v1/events', origin: 'https://evil.example', mode: 'cors' }],
    ['events for another site', { path: '/api/v1/events', site: 'cross-site', mode: 'no-cors' }],
    ['events for another port of this host', { path: '/API/v1/events', site: 'same-site' }],
    ['the API as an image', { site: 'cross-site', mode: 'no-cors', destination: 'image' }],
    ['the API from nowhere', { origin: 'null' }],
    [
      'a redirect URI as an image',
      { path: '/login/smtp-verification', site: 'cross-site', mode: 'no-cors', destination: 'image' },
    ],
    [
      'a redirect URI in a frame',
      { path: '/pmpredirect/AzureOAuth', mode: 'navigate', destination: 'iframe' },
    ],
  ] as const satisfies readonly (readonly [string, Partial<CheckedRequest>])[]) {
    it(`refuses ${title}`, () => {
      expect(() => checkHost(request(changes), NAMES))
        .to.throw(RelayError)
        .with.property('code', 'forbidden');
    });
  }
});
