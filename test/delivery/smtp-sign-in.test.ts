import { expect } from 'chai';
import { choosePasswordMethod } from '../../src/delivery/transports/smtp/choose-method.ts';
import { RelayError } from '../../src/shared/errors.ts';
import {
  closeAll,
  deliver,
  message,
  smtpUpstream,
  startUpstream,
  summary,
  testSettings,
  to,
} from './support.ts';

const PASSWORD = 'planted-pässword-7391';
const FORMS = [
  PASSWORD,
  Buffer.from(PASSWORD).toString('base64'),
  Buffer.from(`\u0000relay@example.com\u0000${PASSWORD}`).toString('base64'),
];

const authentication = (method: 'auto' | 'PLAIN' | 'LOGIN' | 'CRAM-MD5' = 'auto') => ({
  type: 'password' as const,
  user: 'relay@example.com',
  password: { value: PASSWORD },
  method,
});

const account = { user: 'relay@example.com', password: PASSWORD };

describe('signing in at an upstream', () => {
  afterEach(closeAll);

  for (const method of ['PLAIN', 'LOGIN', 'CRAM-MD5'] as const) {
    it(`uses ${method}`, async () => {
      const { upstreams, server } = await startUpstream(
        { ...account, mechanisms: [method] },
        { authentication: authentication() },
      );
      expect(summary((await deliver(upstreams)).outcome)).to.equal('delivered');
      expect(server.lines.some((line) => line.startsWith(`AUTH ${method}`))).to.equal(true);
    });
  }

  it('takes the best mechanism: the simplest when encrypted, one that hides the password when not', () => {
    const offered = ['LOGIN', 'CRAM-MD5', 'PLAIN'];
    expect(choosePasswordMethod('auto', offered, true)).to.equal('PLAIN');
    expect(choosePasswordMethod('auto', offered, false)).to.equal('CRAM-MD5');
    expect(choosePasswordMethod('LOGIN', offered, true)).to.equal('LOGIN');
    expect(choosePasswordMethod('PLAIN', ['LOGIN'], true)).to.equal(undefined);
    expect(choosePasswordMethod('auto', ['XOAUTH2'], true)).to.equal(undefined);
  });

  it('says what is offered when no mechanism fits', async () => {
    const { upstreams } = await startUpstream(
      { ...account, mechanisms: ['XOAUTH2'] },
      { authentication: authentication() },
    );
    const { outcome } = await deliver(upstreams);
    expect(summary(outcome)).to.equal('unavailable authentication');
    expect(outcome).to.have.property('text').that.contains('XOAUTH2');
  });

  for (const reply of [
    '535 5.7.8 bad',
    '454 4.7.0 temporary failure',
    '432 4.7.12 password transition',
    '550 5.1.1 nobody',
    '501 5.5.2 what',
    '250 2.0.0 unexpected',
    '334 again',
  ]) {
    it(`holds the upstream, never the message, at ${reply}`, async () => {
      const { upstreams } = await startUpstream(
        {
          ...account,
          mechanisms: ['PLAIN'],
          script: {
            auth: { reply, cut: reply.startsWith('334') ? 'after' : undefined } as { reply: string },
          },
        },
        { authentication: authentication('PLAIN') },
      );
      const { outcome } = await deliver(upstreams);
      if (reply.startsWith('2')) expect(summary(outcome)).to.equal('delivered');
      else if (reply.startsWith('432')) expect(summary(outcome)).to.equal('deferred connections');
      else if (reply.startsWith('334')) expect(summary(outcome)).to.equal('unavailable unreachable');
      else expect(summary(outcome)).to.equal('unavailable authentication');
    });
  }

  it('reads the password again when it is refused, and tries once with a new one', async () => {
    let current = 'old';
    let asked = 0;
    const { upstreams, server } = await startUpstream(
      { user: account.user, password: 'new', mechanisms: ['PLAIN'] },
      { authentication: authentication() },
      {
        secret: () => {
          asked += 1;
          if (asked > 1) current = 'new';
          return current;
        },
      },
    );
    expect(summary((await deliver(upstreams)).outcome)).to.equal('delivered');
    expect(asked).to.equal(2);
    expect(server.connections()).to.equal(2);
  });

  it('does not try a refused password twice', async () => {
    const { upstreams, server } = await startUpstream(
      { user: account.user, password: 'other', mechanisms: ['PLAIN'] },
      { authentication: authentication() },
    );
    expect(summary((await deliver(upstreams)).outcome)).to.equal('unavailable authentication');
    expect(server.lines.filter((line) => line.startsWith('AUTH'))).to.have.length(1);
  });

  it('holds the upstream when the password cannot be read', async () => {
    const settings = testSettings({ upstreams: [smtpUpstream(9, { authentication: authentication() })] });
    const broken = {
      ...settings,
      reveal: () =>
        Promise.reject(new RelayError('secret-unavailable', 'The file is not there.', { hint: 'Make it.' })),
    };
    const { upstreams } = await startUpstream({}, { authentication: authentication() }, { settings: broken });
    const { outcome } = await deliver(upstreams);
    expect(outcome).to.include({ kind: 'unavailable', reason: 'configuration', remedy: 'Make it.' });
  });

  const echoes = [
    { auth: { reply: `535 5.7.8 I do not like ${FORMS.join(' nor ')}` } },
    { mail: { reply: `550 5.7.1 ${FORMS.join(' ')}` } },
    { final: { reply: `554 5.7.1 ${FORMS.join(' ')}` } },
    { auth: { reply: `no reply at all ${FORMS.join(' ')}` } },
    { auth: { reply: Buffer.from(`421 ${FORMS.join(' ')}`), cut: 'after' } },
  ] as const;
  for (const script of echoes) {
    it(`never shows the password, even when the server does (${Object.keys(script).join()})`, async () => {
      for (const method of ['PLAIN', 'LOGIN'] as const) {
        const { upstreams, log } = await startUpstream(
          { ...account, mechanisms: [method], script },
          { authentication: authentication() },
        );
        const attempt = await deliver(upstreams, message(), to('a@example.org'));
        const shown = JSON.stringify([attempt, upstreams.status()]) + log.text();
        for (const form of FORMS) expect(shown).not.to.contain(form);
        expect(shown).not.to.contain('planted');
      }
    });
  }
});
