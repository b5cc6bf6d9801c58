/** What an administrator mends at an upstream that is out of order, and that mail goes out then; what cannot work is refused when it is typed. */
import { expect } from 'chai';
import { z } from 'zod';
import { RelayError } from '../../src/shared/errors.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import {
  exchangeUpstream,
  gmailSmtpUpstream,
  googleServiceAccount,
  microsoftApplication,
} from '../support/application-upstreams.ts';
import { authorize } from '../support/simulated-consent.ts';
import { type Stage, startStage } from '../support/stage.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

describe('an upstream that somebody mends', function () {
  this.timeout(20_000);
  let stage: Stage | undefined;
  afterEach(async () => {
    await stage?.close();
    stage = undefined;
  });

  async function start(upstream: (simulator: Simulator) => { readonly name: string }) {
    const started = await startStage((simulator) => [upstream(simulator)]);
    stage = started;
    const { relay } = started;
    const send = async () => {
      const { id } = await relay.send({ sender: 'relay@example.com', recipients: ['ann@office.test'] });
      return id;
    };
    return {
      ...started,
      send,
      /** What the message waits for; nothing is spent on it meanwhile. */
      async held(id: string) {
        const waiting = await started.event(id, 'waiting');
        expect((await relay.message(id)).attempts).to.equal(0);
        return waiting;
      },
      /** Changes the upstream as an administrator would, and answers what is warned of. */
      async change(to: { readonly name: string }) {
        const { document } = relay.app.settings.document();
        return relay.app.settings.apply(
          { ...z.looseObject({}).parse(document), upstreams: [to] },
          { by: 'admin' },
        );
      },
      /** Milliseconds until it is there. */
      delivered: (id: string) =>
        started.passUntil(async () => (await relay.message(id)).state === 'delivered', `${id} is delivered`),
    };
  }

  it('a password where Exchange wants a token: OAuth is set, and the message goes at once', async () => {
    const { simulator, relay, send, held, change, delivered, alerts } = await start((made) =>
      exchangeUpstream(made, 'office', {
        authentication: { type: 'password', user: 'relay@example.com', password: { value: 'Winter2026' } },
      }),
    );
    const id = await send();
    const waiting = await held(id);
    expect(waiting.reason).to.equal('authentication');
    expect(waiting.reply?.text).to.contain('basic authentication is disabled');
    expect(waiting.remedy).to.equal('Set authentication of the upstream office to type oauth2.');
    expect(alerts().map(({ key }) => key)).to.deep.equal(['upstream office']);
    await change(exchangeUpstream(simulator, 'office'));
    expect(await delivered(id)).to.be.below(5 * SECOND);
    expect(alerts()).to.deep.equal([]);
    expect(relay.log.text()).not.to.contain('Winter2026');
  });

  it('a client secret that has expired: the new one is typed, with whatever is in it', async () => {
    const { simulator, send, held, change, delivered, alerts } = await start((made) =>
      exchangeUpstream(made, 'office'),
    );
    simulator.register({ clientSecret: 'Q~8+z/%41&b=c d"é' });
    const id = await send();
    const waiting = await held(id);
    expect(waiting.text).to.contain('The client secret is wrong.');
    expect(waiting.reply?.text).to.contain('AADSTS7000215');
    const secret = { clientSecret: { value: 'Q~8+z/%41&b=c d"é' } };
    await change(
      exchangeUpstream(simulator, 'office', { authentication: microsoftApplication(simulator, secret) }),
    );
    expect(await delivered(id)).to.be.below(5 * SECOND);
    expect(alerts()).to.deep.equal([]);
  });

  it('the id of a client secret in place of its value is warned of as it is typed', async () => {
    const { simulator, change } = await start((made) => exchangeUpstream(made, 'office'));
    const secret = { clientSecret: { value: '0b5c7f0e-6f0b-4d4e-9a58-2f6c1f3a7d11' } };
    const changed = await change(
      exchangeUpstream(simulator, 'office', { authentication: microsoftApplication(simulator, secret) }),
    );
    expect(JSON.stringify(changed)).to.contain('looks like the id of the secret');
  });

  it('a service account as the mailbox is refused as it is typed', async () => {
    const { simulator, change } = await start((made) => exchangeUpstream(made, 'office'));
    const robot = { mailbox: 'relay@project.iam.gserviceaccount.com' };
    const refused = await change(
      gmailSmtpUpstream(simulator, 'office', { authentication: googleServiceAccount(simulator, robot) }),
    ).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(refused).to.be.instanceOf(RelayError);
    expect(JSON.stringify(refused)).to.contain('the user is the mailbox: write the address that sends');
  });

  it('Google ends the sign-in after seven days: three tries, then the consent screen is named; signing in again helps', async () => {
    const { simulator, admin, clock, send, held, delivered, alerts, passUntil, relay, told } =
      await start(googleConsent);
    await authorize(admin, simulator);
    await delivered(await send());
    clock.skip(2 * HOUR);
    simulator.behave({ scenario: 'google-grant-expired' });
    const line = relay.log.lines.length;
    const id = await send();
    expect((await held(id)).remedy).to.match(
      /consent screen is still "Testing": publish it at https:\/\/console\.cloud\.google\.com/,
    );
    await passUntil(() => alerts().length > 0, 'an alert');
    expect(alerts()[0]?.remedy).to.match(/still "Testing".*postern authorize office/);
    simulator.reset();
    await authorize(admin, simulator);
    expect(await delivered(id)).to.be.below(5 * SECOND);
    expect(alerts()).to.deep.equal([]);
    expect(told(line)).to.deep.equal(['upstream office']);
  });
});

function googleConsent(simulator: Simulator) {
  const { google } = simulator;
  return gmailSmtpUpstream(simulator, 'office', {
    authentication: {
      type: 'oauth2',
      provider: 'google',
      email: google.account.email,
      clientId: google.clientId,
      clientSecret: { value: google.clientSecret },
      authorizationEndpoint: google.authorizationEndpoint,
      tokenEndpoint: google.tokenEndpoint,
    },
  });
}
