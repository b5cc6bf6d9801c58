import { createPrivateKey, createSign } from 'node:crypto';
import { expect } from 'chai';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import { secureClient, signedInClient, textOf, webCall, xoauth2 } from '../support/simulator-client.ts';

const FULL = 'https://mail.google.com/';
const SEND = 'https://www.googleapis.com/auth/gmail.send';
const MIME = 'From: relay@example.com\r\nTo: a@example.net\r\nSubject: x\r\n\r\nlow';
const MAILBOX = 'relay@example.com';

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('simulated Google', () => {
  let simulator: Simulator;

  before(async () => {
    simulator = await startSimulator();
    simulator.register({ mailbox: { email: 'closed@example.com', granted: false } });
  });
  after(() => simulator.close());

  function ask(changes: Readonly<Record<string, unknown>> = {}, tamper = '') {
    const account = stringsOf(simulator.google.serviceAccountJson);
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: account['client_email'],
      sub: MAILBOX,
      scope: FULL,
      aud: account['token_uri'],
      iat: now,
      exp: now + 3600,
      ...changes,
    };
    const signed = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(claims)}`;
    const signature = createSign('RSA-SHA256')
      .update(signed + tamper)
      .sign(createPrivateKey(account['private_key'] ?? ''));
    const assertion = `${signed}.${signature.toString('base64url')}`;
    const form = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion };
    return webCall(simulator, simulator.google.tokenEndpoint, { form });
  }
  const token = async (scope = FULL) => textOf(await ask({ scope }), 'access_token');
  const api = async (path: string, scope: string, body: string | Buffer, type: string) =>
    webCall(simulator, simulator.google.api + path, {
      method: 'POST',
      headers: { Authorization: `Bearer ${await token(scope)}`, 'Content-Type': type },
      body,
    });

  it('gives a service account tokens for mailboxes that it was delegated', async () => {
    expect(await token()).to.match(/^ya29\./);
    const rows: readonly (readonly [Readonly<Record<string, unknown>>, string, string])[] = [
      [{ sub: 'closed@example.com' }, 'unauthorized_client', ''],
      [{ scope: 'https://www.googleapis.com/auth/drive' }, 'unauthorized_client', ''],
      [{ sub: 'nobody@example.com' }, 'invalid_grant', 'Invalid email or User ID'],
      [{ iss: 'stranger@example.com' }, 'invalid_grant', 'account not found'],
      [{ exp: 1 }, 'invalid_grant', 'short-lived'],
      [{ aud: 'https://elsewhere.example/token' }, 'invalid_grant', 'audience'],
    ];
    for (const [changes, error, words] of rows) {
      const answer = await ask(changes);
      expect(answer.json['error'], JSON.stringify(changes)).to.equal(error);
      expect(answer.text).to.contain(words);
    }
    expect((await ask({}, 'tampered')).text).to.contain('Invalid JWT Signature');
  });

  it('refuses a token without the full scope over SMTP as Gmail does', async () => {
    const client = await secureClient(simulator, 'google');
    const challenge = await client.ask(`AUTH XOAUTH2 ${xoauth2(MAILBOX, await token(SEND))}`);
    expect(challenge.code).to.equal(334);
    const json: unknown = JSON.parse(Buffer.from(challenge.text.slice(4), 'base64').toString());
    expect(json).to.include({ schemes: 'bearer', scope: FULL });
    const reply = await client.ask('');
    expect(reply.lines).to.have.length(2);
    expect(reply.lines[0]).to.match(/^535-5\.7\.8 Username and Password not accepted/);
    await client.quit();
  });

  it('takes OAUTHBEARER, and mail whose sender it replaces by the account', async () => {
    const client = await secureClient(simulator, 'google');
    const line = `n,a=${MAILBOX},\u0001host=localhost\u0001port=587\u0001auth=Bearer ${await token()}\u0001\u0001`;
    expect((await client.ask(`AUTH OAUTHBEARER ${Buffer.from(line).toString('base64')}`)).code).to.equal(235);
    const other = MIME.replace('relay@', 'scanner@');
    expect((await client.message('scanner@example.com', ['a@example.net'], other)).code).to.equal(250);
    await client.quit();
    const message = simulator.messages().at(-1);
    expect(message).to.include({ provider: 'google', sender: MAILBOX });
    expect(message?.content.toString()).to.contain('X-Google-Original-From: scanner@example.com');
  });

  it('takes a message over the API, in JSON or as an upload', async () => {
    const raw = Buffer.from(MIME).toString('base64url');
    const send = '/gmail/v1/users/me/messages/send';
    const json = await api(send, SEND, JSON.stringify({ raw }), 'application/json');
    expect(json.json['labelIds']).to.deep.equal(['SENT']);
    const upload = await api(`/upload${send}?uploadType=media`, SEND, MIME, 'message/rfc822');
    expect(upload.status).to.equal(200);
    expect(simulator.messages().at(-1)).to.include({ provider: 'google', over: 'api', mailbox: MAILBOX });
  });

  it('words the failures of the API as Google does', async () => {
    const send = '/gmail/v1/users/me/messages/send';
    const missing = await api(send, SEND, '{}', 'application/json');
    expect(missing.text).to.contain('"reason":"invalidArgument"');
    const nobody = await api(
      `/upload${send}?uploadType=media`,
      SEND,
      'From: relay@example.com\r\n\r\n',
      'message/rfc822',
    );
    expect(nobody.text).to.contain('Recipient address required');
    const broken = await api(send, SEND, '{', 'application/json');
    expect(broken.status).to.equal(400);
    const anonymous = await webCall(simulator, simulator.google.api + send, { json: {} });
    expect(anonymous.status).to.equal(401);
    expect(anonymous.text).to.contain('UNAUTHENTICATED');
  });

  it('refuses the 2,001st message of a day', async function () {
    this.timeout(15_000);
    const client = await signedInClient(simulator, await token(), MAILBOX, 'google');
    let last = '';
    for (let number = 0; number <= 2000 && !last.startsWith('550'); number += 1) {
      client.write(`MAIL FROM:<${MAILBOX}>\r\nRCPT TO:<a@example.net>\r\nDATA\r\n`);
      await client.replies(3);
      client.write(`${MIME}\r\n.\r\n`);
      last = (await client.reply()).text;
    }
    expect(last).to.contain('550-5.4.5 Daily user sending limit exceeded');
    await client.quit();
  });
});

function stringsOf(json: string): Readonly<Record<string, string>> {
  const value: unknown = JSON.parse(json);
  if (typeof value !== 'object' || value === null) throw new Error('No object');
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, String(text)]));
}
