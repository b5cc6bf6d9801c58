import { expect } from 'chai';
import type { Network } from '../../../src/network/network.ts';
import { oauthOf } from '../../../src/oauth/authorizations.ts';
import { createProvider } from '../../../src/oauth/providers/create-provider.ts';
import { systemClock } from '../../../src/shared/clock.ts';
import { Secret } from '../../../src/shared/secret.ts';
import type { Simulator } from '../../../src/simulator/simulator.ts';
import { startSimulator } from '../../../src/simulator/start-simulator.ts';
import { liveAnchors, startNetwork } from '../../support/network.ts';
import type { UpstreamInput } from '../support.ts';
import { type VerifyOptions, verifyUpstream } from './support.ts';

describe('verify against a simulated Microsoft and Google', () => {
  let simulator: Simulator;
  let network: Network;
  before(async () => {
    simulator = await startSimulator();
    network = startNetwork({ anchors: liveAnchors(simulator.certificateAuthority) });
  });
  after(async () => {
    await network.close();
    await simulator.close();
  });
  afterEach(() => simulator.reset());

  /** Tokens of applications come straight from the provider, so that a changed secret counts. */
  const provider: NonNullable<VerifyOptions['provider']> = (upstream) => {
    const oauth = oauthOf(upstream);
    if (oauth === undefined) throw new Error('not OAuth');
    return createProvider(upstream.name, oauth, {
      reveal: (source) => Promise.resolve(new Secret('value' in source ? source.value : '')),
      http: network.http,
      clock: systemClock,
      purpose: upstream.kind === 'graph' || upstream.kind === 'gmail' ? upstream.kind : 'smtp',
    });
  };

  const microsoft = (more: object = {}) => ({
    type: 'oauth2',
    provider: 'microsoft',
    flow: 'client-credentials',
    mailbox: simulator.microsoft.account.email,
    tenantId: simulator.microsoft.tenantId,
    clientId: simulator.microsoft.clientId,
    clientSecret: { value: simulator.microsoft.clientSecret },
    tokenEndpoint: simulator.microsoft.tokenEndpoint,
    ...more,
  });
  const smtp = (more: object = {}, authentication: object = microsoft()): UpstreamInput =>
    ({
      name: 'office',
      kind: 'smtp',
      host: simulator.microsoft.smtp.host,
      port: simulator.microsoft.smtp.port,
      authentication,
      ...more,
    }) as UpstreamInput;
  const graph = (): UpstreamInput =>
    ({
      name: 'office',
      kind: 'graph',
      endpoint: simulator.microsoft.api,
      authentication: microsoft(),
    }) as UpstreamInput;
  const gmail = (): UpstreamInput => ({
    name: 'workspace',
    kind: 'gmail',
    endpoint: simulator.google.api,
    authentication: {
      type: 'oauth2',
      provider: 'google',
      flow: 'service-account',
      mailbox: simulator.google.account.email,
      serviceAccount: { value: simulator.google.serviceAccountJson },
      tokenEndpoint: simulator.google.tokenEndpoint,
    },
  });

  const verify = (upstream: UpstreamInput, options: VerifyOptions = {}) =>
    verifyUpstream(upstream, {
      provider,
      http: network.http,
      dial: network.dial,
      authorities: [simulator.certificateAuthority],
      ...options,
    });

  for (const [scenario, name] of [
    ['token-throttled', 'token'],
    ['token-unavailable', 'token'],
    ['service-unavailable', 'greeting'],
  ] as const) {
    it(`says of what passes that somebody who looks on verifies again: ${scenario}`, async () => {
      simulator.behave({ scenario, times: 3 });
      const { step, summary } = await verify(smtp());
      expect(step(name)?.result, summary).to.equal('failed');
      expect(step(name)?.remedy, summary).to.match(/^Wait a moment and verify again\./);
    });
  }

  for (const [what, upstream] of [
    ['SMTP', smtp],
    ['Microsoft Graph', graph],
    ['the Gmail API', gmail],
  ] as const) {
    it(`proves the whole way over ${what}`, async () => {
      const before = simulator.messages().length;
      const { steps, summary, step } = await verify(upstream(), { sendTo: 'admin@example.net' });
      expect(
        steps.filter(({ result }) => result === 'failed').map(({ text, cause }) => `${text} ${cause}`),
      ).to.deep.equal([]);
      expect(step('token')?.result, summary).to.equal('ok');
      expect(step('message')?.result, summary).to.equal('ok');
      expect(
        simulator
          .messages()
          .slice(before)
          .map(({ recipients }) => recipients),
      ).to.deep.equal([['admin@example.net']]);
      expect(JSON.stringify(steps)).not.to.contain(simulator.microsoft.clientSecret);
    });
  }

  it('names a client secret that is wrong, with the words of Entra', async () => {
    const { step } = await verify(smtp({}, microsoft({ clientSecret: { value: 'planted-wrong-secret' } })));
    expect(step('token')?.result).to.equal('failed');
    expect(step('token')?.reply?.text).to.contain('AADSTS7000215');
    expect(step('token')?.remedy).to.contain(simulator.microsoft.clientId);
    expect(step('sign-in')?.text).to.equal('There is no token.');
    expect(step('tls')?.result).not.to.equal('failed');
  });

  const rows: readonly (readonly [scenario: string, step: string, remedy: RegExp])[] = [
    [
      'smtp-auth-disabled-mailbox',
      'sign-in',
      /Set-CASMailbox -Identity \S+ -SmtpClientAuthenticationDisabled \$false/,
    ],
    ['smtp-auth-disabled-tenant', 'sign-in', /Set-TransportConfig -SmtpClientAuthenticationDisabled \$false/],
    ['auth-unsuccessful', 'sign-in', /mailbox|tenant|service principal/i],
  ];
  for (const [scenario, name, remedy] of rows) {
    it(`finds ${scenario} at the step ${name}`, async () => {
      simulator.behave({ scenario });
      const { step, summary } = await verify(smtp());
      expect(step(name)?.result, summary).to.equal('failed');
      expect(step(name)?.remedy).to.match(remedy);
    });
  }

  it('tells of the right to send as another only behind a real message', async () => {
    const { step } = await verify(smtp(), { senders: ['boss@example.com'], sendTo: 'admin@example.net' });
    expect(step('sender')?.result).to.equal('ok');
    expect(step('sender')?.text).to.contain('only behind DATA');
    expect(step('message')?.result).to.equal('failed');
    expect(step('message')?.reply?.text).to.contain('SendAsDenied');
  });
});
