import { expect } from 'chai';
import { createRouter } from '../../src/delivery/route.ts';
import { type SettingsInput, settingsSchema } from '../../src/settings/schema.ts';

const subject = {
  sender: 'Scanner@Example.com',
  recipients: ['a@One.test', 'b@one.test'],
  client: 'floor 2',
  listener: 'appliances',
};

const route = (settings: SettingsInput, more = {}) =>
  createRouter(settingsSchema.parse(settings))({ ...subject, ...more });

const ROUTES: readonly (readonly [name: string, conditions: object, matches: boolean])[] = [
  ['sender', { sender: 'scanner@example.com' }, true],
  ['another sender', { sender: 'x@example.com' }, false],
  ['the domain of the sender', { senderDomain: 'EXAMPLE.com' }, true],
  ['a subdomain only', { senderDomain: 'mail.example.com' }, false],
  ['the domain of all recipients', { recipientDomain: 'one.test' }, true],
  ['another recipient domain', { recipientDomain: 'two.test' }, false],
  ['the client', { client: 'floor 2' }, true],
  ['another client', { client: 'floor 3' }, false],
  ['the listener', { listener: 'appliances' }, true],
  ['client and listener', { client: 'floor 2', listener: 'appliances' }, true],
  ['the client but not the listener', { client: 'floor 2', listener: 'others' }, false],
  ['everything, without conditions', {}, true],
];

describe('routing', () => {
  for (const [name, conditions, matches] of ROUTES) {
    it(`${matches ? 'follows' : 'passes over'} a route for ${name}`, () => {
      const upstream = route({ routes: [{ ...conditions, upstream: 'special' }], defaultUpstream: 'usual' });
      expect(upstream).to.equal(matches ? 'special' : 'usual');
    });
  }

  it('follows the first route that matches', () => {
    expect(route({ routes: [{ client: 'floor 2', upstream: 'first' }, { upstream: 'second' }] })).to.equal(
      'first',
    );
  });

  it('does not follow a route for a domain that only some recipients are in', () => {
    expect(
      route(
        { routes: [{ recipientDomain: 'one.test', upstream: 'special' }] },
        { recipients: ['a@one.test', 'b@two.test'] },
      ),
    ).to.equal('test-relay');
  });

  it('does not take an empty sender for one of a domain', () => {
    expect(
      route({ routes: [{ senderDomain: 'example.com', upstream: 'special' }] }, { sender: '' }),
    ).to.equal('test-relay');
  });

  it('goes by release, routes, client, default, test relay, in this order', () => {
    const client = { name: 'floor 2', networks: ['10.0.0.0/8'], upstream: 'of client' };
    const all: SettingsInput = {
      clients: [client],
      routes: [{ upstream: 'of route' }],
      defaultUpstream: 'of default',
    };
    expect(route(all, { upstream: 'of release' })).to.equal('of release');
    expect(route(all)).to.equal('of route');
    expect(route({ ...all, routes: [] })).to.equal('of client');
    expect(route({ ...all, routes: [], clients: [] })).to.equal('of default');
    expect(route({})).to.equal('test-relay');
  });
});
