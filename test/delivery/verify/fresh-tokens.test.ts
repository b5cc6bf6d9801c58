import { expect } from 'chai';
import { freshTokens } from '../../../src/delivery/verify/fresh-tokens.ts';
import { type OAuthProvider, ProviderFailure } from '../../../src/oauth/provider.ts';
import { Secret } from '../../../src/shared/secret.ts';
import { fakeTokens } from '../../support/fake-tokens.ts';
import { localUpstream, parsedUpstream } from './support.ts';

const notAsked = () => Promise.reject(new Error('nobody asks for that'));

function provider(answer: () => string | ProviderFailure) {
  const mailboxes: (string | undefined)[] = [];
  const made: OAuthProvider = {
    authorizationUrl: notAsked,
    redeemCode: notAsked,
    startDevice: notAsked,
    pollDevice: notAsked,
    refresh: notAsked,
    async applicationToken(mailbox) {
      mailboxes.push(mailbox);
      const given = answer();
      if (typeof given !== 'string') throw given;
      return { accessToken: new Secret(given), expiresAt: Date.now() + 3_600_000 };
    },
  };
  return { mailboxes, make: () => made };
}

const upstream = (flow: string) =>
  parsedUpstream({
    ...localUpstream(587),
    authentication: {
      type: 'oauth2',
      provider: 'microsoft',
      flow,
      email: 'a@example.com',
      tenantId: 't',
      clientId: 'c',
    },
  } as Parameters<typeof parsedUpstream>[0]);

describe('the tokens of a verification', () => {
  it('of an application come from the provider, once, whatever the cache has', async () => {
    const cached = fakeTokens(() => 'cached');
    const asked = provider(() => 'fresh');
    const tokens = freshTokens(cached, asked.make);
    const request = { upstream: upstream('client-credentials') };
    for (const answer of [await tokens.token(request), await tokens.token(request)]) {
      expect(answer.kind === 'token' && answer.token.reveal()).to.equal('fresh');
    }
    expect([asked.mailboxes.length, cached.requests.length]).to.deep.equal([1, 0]);
    tokens.refused(request, new Secret('fresh'));
    await tokens.token(request);
    expect([asked.mailboxes.length, cached.refusals.length]).to.deep.equal([2, 0]);
  });

  it('of a person come from the token source, which keeps what the provider gives', async () => {
    const cached = fakeTokens(() => 'kept');
    const tokens = freshTokens(cached, provider(() => 'never').make);
    const request = { upstream: upstream('authorization-code') };
    const answer = await tokens.token(request);
    expect(answer.kind === 'token' && answer.token.reveal()).to.equal('kept');
    tokens.refused(request, new Secret('kept'));
    expect(cached.refusals).to.deep.equal(['kept']);
  });

  it('end in the words of the provider', async () => {
    const problem = { kind: 'unavailable', reason: 'configuration', text: 'The secret is wrong.' } as const;
    const failing = provider(() => new ProviderFailure(problem, 'invalid_client', false));
    const tokens = freshTokens(
      fakeTokens(() => 'cached'),
      failing.make,
    );
    expect(await tokens.token({ upstream: upstream('client-credentials') })).to.equal(problem);
  });
});
