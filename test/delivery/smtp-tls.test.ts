import { expect } from 'chai';
import {
  expired,
  makeAuthority,
  makeSelfSigned,
  type TestAuthority,
  type TestCertificate,
} from '../support/certificates.ts';
import type { ScriptedServerOptions } from '../support/scripted-smtp-server.ts';
import { closeAll, deliver, isPermit, startUpstream, summary } from './support.ts';

describe('encryption towards an upstream', () => {
  let authority: TestAuthority;
  let right: TestCertificate;
  let selfSigned: TestCertificate;
  before(async () => {
    authority = await makeAuthority();
    right = await authority.issue();
    selfSigned = await makeSelfSigned();
  });
  afterEach(closeAll);

  for (const security of ['starttls', 'tls'] as const) {
    describe(security, () => {
      it('delivers to a server whose certificate comes from a trust anchor', async () => {
        const { upstreams, server } = await startUpstream(
          { security, certificate: right },
          { security },
          { anchors: [authority.certificate] },
        );
        expect(summary((await deliver(upstreams)).outcome)).to.equal('delivered');
        expect(server.lines.at(-1)).to.equal('DATA');
      });

      it('accepts a certificate that was imported as itself', async () => {
        const signed = await startUpstream(
          { security, certificate: selfSigned },
          { security },
          { anchors: [selfSigned.certificate] },
        );
        expect(summary((await deliver(signed.upstreams)).outcome)).to.equal('delivered');
        const leaf = await startUpstream(
          { security, certificate: right },
          { security },
          { anchors: [right.certificate] },
        );
        expect(summary((await deliver(leaf.upstreams)).outcome)).to.equal('delivered');
      });

      const refused: readonly (readonly [
        name: string,
        certificate: () => Promise<TestCertificate>,
        words: RegExp,
      ])[] = [
        ['self-signed', async () => selfSigned, /self-signed/],
        [
          'from an unknown issuer',
          async () => (await makeAuthority('Somebody Else')).issue(),
          /issuer is not a trust anchor/,
        ],
        ['expired', () => authority.issue(expired()), /expired/],
        [
          'for another host',
          () => authority.issue({ hosts: ['other.test'] }),
          /another host name.*other\.test/,
        ],
        ['imported and expired', async () => expiredAndImported, /expired/],
      ];
      let expiredAndImported: TestCertificate;
      before(async () => {
        expiredAndImported = await makeSelfSigned(expired());
      });
      for (const [name, make, words] of refused) {
        it(`holds the upstream when the certificate is ${name}, and says how to accept it`, async () => {
          const certificate = await make();
          const { upstreams, server } = await startUpstream(
            { security, certificate },
            { security },
            { anchors: [authority.certificate, expiredAndImported.certificate] },
          );
          const { outcome } = await deliver(upstreams);
          expect(summary(outcome)).to.equal('unavailable configuration');
          if (outcome.kind !== 'unavailable') return;
          expect(outcome.text).to.match(words);
          expect(outcome.text).to.match(
            /subject CN=.*issuer CN=.*valid from .* to .*SHA-256 fingerprint ([0-9A-F]{2}:){31}/,
          );
          expect(outcome.remedy).to.contain('scripts/postern import-cert FILE');
          expect(server.lines.filter((line) => line.startsWith('MAIL'))).to.deep.equal([]);
          expect(server.lines.length).to.equal(security === 'tls' ? 0 : 2);
        });
      }

      it('shows what a certificate says of itself without what steers a terminal, and not all of it', async () => {
        const certificate = await makeSelfSigned({
          commonName: 'evil\u001b]0;title\u0007\u009b2J\u202e',
          hosts: Array.from({ length: 200 }, (_, index) => `host-with-a-long-name-${index}.test`),
        });
        const { upstreams } = await startUpstream({ security, certificate }, { security });
        const { outcome } = await deliver(upstreams);
        expect(summary(outcome)).to.equal('unavailable configuration');
        if (outcome.kind !== 'unavailable') return;
        expect(outcome.text).to.match(/evil .*host-with-a-long-name-3.*SHA-256 fingerprint/);
        expect(outcome.text).not.to.match(/[\p{Cc}\u202e]/u);
        expect(outcome.text.length).to.be.below(2000);
      });

      it('delivers by itself after the certificate was imported', async () => {
        const { upstreams, trustAnchors } = await startUpstream(
          { security, certificate: selfSigned },
          { security },
        );
        expect(summary((await deliver(upstreams)).outcome)).to.equal('unavailable configuration');
        expect(isPermit(upstreams.enter('office', 1))).to.equal(false);
        const ready: string[] = [];
        upstreams.onReady((name) => ready.push(name));
        trustAnchors.set([selfSigned.certificate]);
        expect(ready).to.deep.equal(['office']);
        expect(summary((await deliver(upstreams)).outcome)).to.equal('delivered');
        expect(upstreams.status()[0]?.circuit).to.equal('closed');
      });

      it('checks serverName instead of the host where it is set', async () => {
        const certificate = await authority.issue({ hosts: ['mail.example.com'] });
        const { upstreams } = await startUpstream(
          { security, certificate },
          { security, serverName: 'mail.example.com' },
          { anchors: [authority.certificate] },
        );
        expect(summary((await deliver(upstreams)).outcome)).to.equal('delivered');
      });

      it('refuses old TLS unless the settings allow it', async () => {
        const options: ScriptedServerOptions = {
          security,
          certificate: right,
          minimumTls: 'TLSv1',
          maximumTls: 'TLSv1',
        };
        const anchors = [authority.certificate];
        const strict = await startUpstream(options, { security }, { anchors });
        expect(summary((await deliver(strict.upstreams)).outcome)).to.match(/^unavailable/);
        const lax = await startUpstream(options, { security, minimumTls: 'TLSv1' }, { anchors });
        expect(summary((await deliver(lax.upstreams)).outcome)).to.equal('delivered');
      });
    });
  }

  const never: readonly (readonly [name: string, options: ScriptedServerOptions, expected: string])[] = [
    ['is not offered', { security: 'none' }, 'unavailable configuration'],
    [
      'is refused',
      { security: 'starttls', script: { starttls: { reply: '554 5.7.3 not today' } } },
      'unavailable configuration',
    ],
    [
      'is refused for now',
      { security: 'starttls', script: { starttls: { reply: '454 4.7.0 not now' } } },
      'unavailable unreachable',
    ],
    [
      'meets only HELO',
      { security: 'starttls', script: { ehlo: { reply: '502 5.5.1 what?' } } },
      'unavailable configuration',
    ],
    [
      'ends in a closed connection',
      { security: 'starttls', script: { starttls: { cut: 'instead' } } },
      'unavailable unreachable',
    ],
    [
      'ends in garbage',
      { security: 'starttls', script: { starttls: { reply: '220 go\r\nthis is no TLS', cut: 'after' } } },
      'unavailable configuration',
    ],
    [
      'is followed by injected replies',
      { security: 'starttls', script: { starttls: { reply: '220 go\r\n250-evil\r\n250 AUTH PLAIN' } } },
      'unavailable configuration',
    ],
    [
      'is followed by an injected fragment',
      { security: 'starttls', script: { starttls: { reply: Buffer.from('220 go\r\n250 AUTH PLAIN') } } },
      'unavailable configuration',
    ],
  ];
  for (const [name, options, expected] of never) {
    it(`never sends without encryption when STARTTLS ${name}`, async () => {
      const { upstreams, server } = await startUpstream(
        { ...options, certificate: right, mechanisms: ['PLAIN'] },
        {
          security: 'starttls',
          authentication: { type: 'password', user: 'u', password: { value: 'planted-password' } },
        },
        { anchors: [authority.certificate] },
      );
      const { outcome } = await deliver(upstreams);
      expect(summary(outcome)).to.equal(expected);
      expect(server.lines.filter((line) => !/^(EHLO|HELO|STARTTLS)/.test(line))).to.deep.equal([]);
    });
  }

  it('says what to change when the port speaks no TLS from the first byte', async () => {
    const { upstreams } = await startUpstream({ security: 'none' }, { security: 'tls' });
    const { outcome } = await deliver(upstreams);
    expect(summary(outcome)).to.equal('unavailable configuration');
    expect(outcome).to.have.property('remedy').that.contains('starttls');
  });
});
