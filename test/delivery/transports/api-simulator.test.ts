import { expect } from 'chai';
import { isOversize } from '../../../src/delivery/classify.ts';
import { isSenderRefusal } from '../../../src/delivery/sender-policy.ts';
import type { Transport } from '../../../src/delivery/transport.ts';
import { createNetwork } from '../../../src/network/create-network.ts';
import type { Network } from '../../../src/network/network.ts';
import type { TokenSource } from '../../../src/oauth/token-source.ts';
import { systemClock } from '../../../src/shared/clock.ts';
import { Secret } from '../../../src/shared/secret.ts';
import type { Simulator } from '../../../src/simulator/simulator.ts';
import { startSimulator } from '../../../src/simulator/start-simulator.ts';
import { testSettings, testTrustAnchors } from '../support.ts';
import {
  apiMessage,
  apiTransport,
  bodyOf,
  MESSAGE,
  never,
  recipientOutcomes,
  to,
  unavailable,
} from './support.ts';

describe('Graph of the simulator', () => {
  let simulator: Simulator;
  let network: Network;
  let transport: Transport;

  /** An application's tokens, asked for each time. */
  const tokens: TokenSource = {
    async token() {
      const { tokenEndpoint, clientId, clientSecret } = simulator.microsoft;
      const form = new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret,
        scope: 'https://graph.microsoft.com/.default',
      });
      const answer = await network.http.send({
        method: 'POST',
        url: tokenEndpoint,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: form.toString(),
        timeout: 5000,
      });
      const { access_token } = JSON.parse(answer.body.toString()) as { access_token: string };
      return { kind: 'token', token: new Secret(access_token), expiresAt: Number.MAX_SAFE_INTEGER };
    },
    refused: () => undefined,
  };

  before(async () => {
    simulator = await startSimulator();
    network = createNetwork({
      settings: testSettings({}),
      trustAnchors: testTrustAnchors([simulator.certificateAuthority]),
      clock: systemClock,
    });
    simulator.register({ mailbox: { email: 'scanner@example.com', granted: false } });
    transport = apiTransport('graph', simulator.microsoft.api, {
      authentication: { mailbox: simulator.microsoft.account.email, perSender: true },
      upstream: { from: { rewrite: 'if-refused', address: simulator.microsoft.account.email } },
      deps: { http: network.http, tokens },
    });
  });
  afterEach(() => simulator.reset());
  after(async () => {
    await network.close();
    await simulator.close();
  });

  const sender = (): string => simulator.microsoft.account.email;
  const content = (): string => MESSAGE.replaceAll('scanner@example.com', sender());
  const deliver = (text: string | Buffer, more = {}) =>
    transport.deliver(
      apiMessage(bodyOf(text), { sender: sender(), ...more }),
      to('ann@example.com', 'hidden@example.com'),
      never,
    );

  it('takes a message, and sends it to hidden recipients too', async () => {
    const outcome = await deliver(content());
    expect(recipientOutcomes(outcome).map(({ kind }) => kind)).to.deep.equal(['delivered', 'delivered']);
    const message = simulator.messages().at(-1);
    expect(message?.recipients.toSorted()).to.deep.equal(['ann@example.com', 'hidden@example.com']);
    expect(message?.content.toString()).to.equal(content());
  });

  it('takes a large message as a draft', async () => {
    const file = Buffer.alloc(4_000_000, 'attached ');
    const large = [
      content().split('\r\n\r\n')[0],
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      '',
      'Hello',
      '--b',
      'Content-Type: application/pdf; name=a.pdf',
      'Content-Transfer-Encoding: base64',
      '',
      file.toString('base64').replace(/.{76}/g, '$&\r\n'),
      '--b--',
      '',
    ].join('\r\n');
    const [outcome] = recipientOutcomes(await deliver(large));
    expect(outcome?.kind, JSON.stringify(outcome)).to.equal('delivered');
    const message = simulator.messages().at(-1);
    expect(message?.recipients.toSorted()).to.deep.equal(['ann@example.com', 'hidden@example.com']);
    expect(message?.content.toString().replaceAll('\r\n', '')).to.include(
      file.toString('base64').slice(0, 100_000),
    );
  });

  it('does not let the application send from a mailbox that was not granted', async () => {
    const outcome = await deliver(MESSAGE, { sender: 'scanner@example.com' });
    expect(recipientOutcomes(outcome).every(isSenderRefusal)).to.equal(true);
  });

  const refusals: readonly [string, string][] = [
    ['graph-access-denied', 'unavailable configuration'],
    ['graph-send-as-denied', 'rejected sender'],
    ['graph-no-recipients', 'rejected recipient'],
    ['graph-invalid-base64', 'rejected content'],
    ['graph-message-size', 'rejected content'],
    ['graph-mailbox-not-enabled', 'unavailable configuration'],
    ['graph-not-found', 'unavailable configuration'],
    ['graph-throttled', 'deferred connections'],
    ['graph-throttled-date', 'unavailable throttled'],
    ['graph-unavailable', 'unavailable throttled'],
    ['graph-timeout', 'deferred in-doubt'],
    ['graph-unauthorized', 'unavailable authentication'],
    ['graph-quota', 'unavailable quota'],
    ['graph-mailbox-full', 'unavailable configuration'],
  ];
  for (const [scenario, verdict] of refusals) {
    it(`answers ${scenario}: ${verdict}`, async () => {
      simulator.behave({ scenario });
      const outcome = await deliver(content().replace('Page 1', scenario));
      const one = outcome.kind === 'unavailable' ? unavailable(outcome) : outcome.recipients[0];
      expect(`${one?.kind} ${one && 'reason' in one ? one.reason : ''}`).to.equal(verdict);
      if (scenario === 'graph-message-size') {
        expect(one?.kind === 'rejected' && isOversize(one.reply)).to.equal(true);
      }
    });
  }
});
