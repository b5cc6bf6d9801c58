import { expect } from 'chai';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { consentAt, submit, textOf, webCall } from '../support/simulator-client.ts';

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

describe('device codes of the simulator', () => {
  const clock = new ManualClock();
  let simulator: Simulator;

  before(async () => {
    simulator = await startSimulator({ clock });
  });
  after(() => simulator.close());

  const start = (scope = 'https://outlook.office.com/SMTP.Send offline_access') => {
    const { clientId, deviceAuthorizationEndpoint } = simulator.microsoft;
    return webCall(simulator, deviceAuthorizationEndpoint, { form: { client_id: clientId, scope } });
  };
  const poll = async (deviceCode: string) => {
    clock.advance(2000);
    const { clientId, tokenEndpoint } = simulator.microsoft;
    const form = { grant_type: DEVICE_GRANT, client_id: clientId, device_code: deviceCode };
    return webCall(simulator, tokenEndpoint, { form });
  };

  async function approve(verificationUri: string, userCode: string, decision: 'accept' | 'deny') {
    const page = await webCall(simulator, verificationUri);
    const signIn = await submit(simulator, verificationUri, page.text, { code: userCode });
    const consent = await submit(simulator, verificationUri, signIn.text, {
      email: 'relay@example.com',
      password: 'simulator',
    });
    return submit(simulator, verificationUri, consent.text, { decision });
  }

  it('are granted once the code was typed and consent was given', async () => {
    const started = await start();
    expect(started.json).to.include({ expires_in: 900, interval: 1 });
    const deviceCode = textOf(started, 'device_code');
    expect((await poll(deviceCode)).json['error']).to.equal('authorization_pending');
    const typed = textOf(started, 'user_code').toLowerCase().replace(/(...)/g, '$1 ');
    const done = await approve(textOf(started, 'verification_uri'), typed, 'accept');
    expect(done.text).to.contain('You have signed in');
    const answer = await poll(deviceCode);
    expect(answer.status).to.equal(200);
    expect(textOf(answer, 'refresh_token')).not.to.equal('');
    expect((await poll(deviceCode)).status, 'a second time').to.equal(400);
  });

  it('ask for patience when polls come too fast', async () => {
    const deviceCode = textOf(await start(), 'device_code');
    await poll(deviceCode);
    clock.advance(-1900);
    expect((await poll(deviceCode)).json['error']).to.equal('slow_down');
  });

  it('end when the person declines or the time is over', async () => {
    const declined = await start();
    await approve(textOf(declined, 'verification_uri'), textOf(declined, 'user_code'), 'deny');
    expect((await poll(textOf(declined, 'device_code'))).json['error']).to.equal('authorization_declined');
    const late = await start();
    clock.advance(15 * 60_000);
    expect((await poll(textOf(late, 'device_code'))).json['error']).to.equal('expired_token');
    expect((await consentAt(simulator, textOf(late, 'verification_uri'))).page).to.contain('did not work');
  });

  it('are not given for Gmail, as Google does not either', async () => {
    const { clientId, deviceAuthorizationEndpoint } = simulator.google;
    const ask = (scope: string) =>
      webCall(simulator, deviceAuthorizationEndpoint, { form: { client_id: clientId, scope } });
    expect((await ask('https://mail.google.com/')).json['error']).to.equal('invalid_scope');
    expect((await ask('openid email')).json).to.include({ expires_in: 900 });
  });
});
