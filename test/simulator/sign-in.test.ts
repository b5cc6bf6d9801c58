import { createHash } from 'node:crypto';
import { expect } from 'chai';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import { claimsOf, consentAt, submit, textOf, webCall } from '../support/simulator-client.ts';

const REDIRECT = 'http://localhost:8025/login/smtp-verification';
const VERIFIER = 'a-verifier-of-forty-three-characters-or-more-1';
const SCOPES = {
  microsoft: 'https://outlook.office.com/SMTP.Send offline_access openid',
  google: 'https://mail.google.com/ openid',
};

for (const provider of ['microsoft', 'google'] as const) {
  describe(`signing in at the simulated ${provider}`, () => {
    let simulator: Simulator;

    beforeEach(async () => {
      simulator = await startSimulator({ rotateRefreshTokens: true });
    });
    afterEach(() => simulator.close());

    function address(changes: Readonly<Record<string, string>> = {}): string {
      const url = new URL(simulator[provider].authorizationEndpoint);
      const parameters = {
        client_id: simulator[provider].clientId,
        response_type: 'code',
        redirect_uri: REDIRECT,
        scope: SCOPES[provider],
        state: 'the state & more',
        nonce: 'n',
        access_type: 'offline',
        prompt: 'consent',
        code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
        code_challenge_method: 'S256',
        ...changes,
      };
      for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
      return url.href;
    }

    async function code(): Promise<string> {
      const { location } = await consentAt(simulator, address());
      return location?.searchParams.get('code') ?? '';
    }

    function token(fields: Readonly<Record<string, string>>) {
      const { clientId, clientSecret, tokenEndpoint } = simulator[provider];
      const form = { client_id: clientId, client_secret: clientSecret, redirect_uri: REDIRECT, ...fields };
      return webCall(simulator, tokenEndpoint, { form });
    }

    const redeem = (given: string, verifier = VERIFIER) =>
      token({ grant_type: 'authorization_code', code: given, code_verifier: verifier });
    const refresh = (refreshToken: string) =>
      token({ grant_type: 'refresh_token', refresh_token: refreshToken });

    it('gives a code and the state back, and for the code tokens and the account', async () => {
      const { location } = await consentAt(simulator, address());
      expect(location?.origin + (location?.pathname ?? '')).to.equal(REDIRECT);
      expect(location?.searchParams.get('state')).to.equal('the state & more');
      const answer = await redeem(location?.searchParams.get('code') ?? '');
      expect(answer.status).to.equal(200);
      expect(answer.json).to.include({ token_type: 'Bearer', expires_in: 3600 });
      expect(textOf(answer, 'refresh_token')).to.have.length.greaterThan(100);
      const claims = claimsOf(textOf(answer, 'id_token'));
      expect(claims).to.include({ nonce: 'n', aud: simulator[provider].clientId });
      expect(claims[provider === 'google' ? 'email' : 'preferred_username']).to.equal('relay@example.com');
    });

    it('takes a code once, and only with its verifier and redirect URI', async () => {
      const given = await code();
      expect((await redeem(given, `${VERIFIER}2`)).json['error']).to.equal('invalid_grant');
      expect((await token({ grant_type: 'authorization_code', code: given })).json['error']).to.equal(
        'invalid_grant',
      );
      const elsewhere = { code_verifier: VERIFIER, redirect_uri: 'http://localhost:1/other' };
      expect((await token({ grant_type: 'authorization_code', code: given, ...elsewhere })).status).to.equal(
        400,
      );
      expect((await redeem(given)).status).to.equal(200);
      const again = await redeem(given);
      expect(again.status).to.equal(400);
      expect(again.json['error']).to.equal('invalid_grant');
      if (provider === 'microsoft') expect(again.json['error_codes']).to.deep.equal([54005]);
    });

    it('rotates refresh tokens, and refuses the old one at once', async () => {
      const first = textOf(await redeem(await code()), 'refresh_token');
      const second = textOf(await refresh(first), 'refresh_token');
      expect(second).not.to.equal(first);
      const reused = await refresh(first);
      expect(reused.status).to.equal(400);
      expect(reused.json['error']).to.equal('invalid_grant');
      expect((await refresh(second)).status).to.equal(200);
    });

    it('refuses refresh tokens after all grants were revoked', async () => {
      const given = textOf(await redeem(await code()), 'refresh_token');
      simulator.revoke('tokens');
      const next = textOf(await refresh(given), 'refresh_token');
      simulator.revoke('grants');
      expect((await refresh(next)).json['error']).to.equal('invalid_grant');
    });

    it('says no to a wrong password and stays at the page', async () => {
      const { location, page } = await consentAt(simulator, address(), { password: 'wrong <b>' });
      expect(location).to.equal(undefined);
      expect(page).to.contain('class="fault"');
      expect(page).not.to.contain('wrong <b>');
    });

    it('tells the application when somebody declines or cancels', async () => {
      const declined = await consentAt(simulator, address(), { decision: 'deny' });
      expect(declined.location?.searchParams.get('error')).to.equal('access_denied');
      expect(declined.location?.searchParams.get('state')).to.equal('the state & more');
      const page = await webCall(simulator, address());
      const cancelled = await submit(simulator, address(), page.text, { action: 'cancel' });
      expect(cancelled.headers['location']).to.contain('error=access_denied');
    });

    it('honours the login hint and escapes it', async () => {
      const page = await webCall(simulator, address({ login_hint: '"><script>alert(1)</script>' }));
      expect(page.text).not.to.contain('<script>');
      const hinted = await webCall(simulator, address({ login_hint: 'relay@example.com' }));
      expect(hinted.text).to.contain('value="relay@example.com"');
      expect(hinted.text).to.contain('Simulator.');
    });

    it('shows faults of the application to the person, and never redirects to a strange address', async () => {
      for (const changes of [
        { redirect_uri: 'https://attacker.example/' },
        { redirect_uri: 'javascript:alert(1)' },
        { redirect_uri: 'http://localhost@attacker.example/' },
        { client_id: 'unknown' },
      ]) {
        const answer = await webCall(simulator, address(changes));
        expect(answer.status, JSON.stringify(changes)).to.equal(400);
        expect(answer.headers['location']).to.equal(undefined);
      }
      simulator.register({ redirectUri: 'https://relay.example.com/login/smtp-verification' });
      const registered = { redirect_uri: 'https://relay.example.com/login/smtp-verification' };
      expect((await webCall(simulator, address(registered))).status).to.equal(200);
    });

    it('does not skip the password on the way to consent', async () => {
      const page = await webCall(simulator, address());
      const session = /name="session" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
      const consent = provider === 'google' ? '/signin/consent' : '/common/Consent/Set';
      const url = new URL(consent, simulator[provider].api).href;
      const answer = await webCall(simulator, url, { form: { session, decision: 'accept' } });
      expect(answer.headers['location']).to.equal(undefined);
      expect(answer.text).to.contain('name="password"');
    });
  });
}
