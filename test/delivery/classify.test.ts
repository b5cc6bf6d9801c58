import { expect } from 'chai';
import * as fc from 'fast-check';
import { classifyReply, isOversize, type Stage } from '../../src/delivery/classify.ts';
import { parseReply, replyText, showable } from '../../src/delivery/transports/smtp/parse-reply.ts';

const CONTEXT = { upstream: 'office', host: 'smtp.office365.com', user: 'relay@example.com' };
const STAGES: readonly Stage[] = ['greeting', 'ehlo', 'starttls', 'auth', 'mail', 'rcpt', 'data', 'final'];

interface Row {
  readonly reply: string;
  readonly stage: Stage;
  readonly verdict: string;
  readonly remedy?: RegExp;
}

/** What is not in the table of classify-documented.test.ts. */
const others: readonly Row[] = [
  { stage: 'greeting', reply: '421 4.7.0 Too many connections', verdict: 'deferred connections' },
  { stage: 'greeting', reply: '451 4.7.500 Server busy', verdict: 'unavailable throttled' },
  { stage: 'greeting', reply: '421 closing', verdict: 'unavailable unreachable' },
  { stage: 'greeting', reply: '554 No SMTP service here', verdict: 'unavailable configuration' },
  { stage: 'ehlo', reply: '550 5.7.1 helo name', verdict: 'unavailable configuration', remedy: /hostname/ },
  { stage: 'starttls', reply: '454 4.7.0 TLS not available', verdict: 'unavailable unreachable' },
  { stage: 'starttls', reply: '502 5.5.1 unknown', verdict: 'unavailable configuration', remedy: /tls/ },
  {
    stage: 'auth',
    reply: '454 4.7.0 Temporary authentication failure',
    verdict: 'unavailable authentication',
  },
  { stage: 'auth', reply: '421 4.3.2 shutting down', verdict: 'unavailable unreachable' },
  { stage: 'auth', reply: '421 4.7.0 too many login failures', verdict: 'unavailable authentication' },
  { stage: 'auth', reply: '430 4.2.0 mailbox logon failure', verdict: 'unavailable authentication' },
  { stage: 'auth', reply: '554 5.2.2 mailbox full', verdict: 'unavailable authentication' },
  {
    stage: 'mail',
    reply: '530 5.7.0 Must issue a STARTTLS command first',
    verdict: 'unavailable configuration',
    remedy: /starttls/,
  },
  { stage: 'mail', reply: '530 5.7.0 Authentication required', verdict: 'unavailable authentication' },
  { stage: 'mail', reply: '451 4.7.1 greylisted, try again later', verdict: 'deferred busy' },
  { stage: 'mail', reply: '550 5.1.8 domain does not exist', verdict: 'rejected sender' },
  { stage: 'mail', reply: '501 5.5.4 syntax', verdict: 'rejected other' },
  { stage: 'mail', reply: '503 5.5.1 bad sequence', verdict: 'deferred busy' },
  { stage: 'mail', reply: '552 5.3.4 Message size exceeds fixed limit', verdict: 'rejected content' },
  {
    stage: 'rcpt',
    reply: '553 5.7.1 <x@example.com>: Sender address rejected: not owned by user relay',
    verdict: 'rejected sender',
  },
  { stage: 'rcpt', reply: '550 5.1.1 User unknown', verdict: 'rejected recipient' },
  { stage: 'rcpt', reply: '552 5.2.2 mailbox full', verdict: 'rejected recipient' },
  { stage: 'rcpt', reply: '452 4.5.3 Too many recipients', verdict: 'deferred busy' },
  { stage: 'rcpt', reply: '450 4.2.0 greylisted', verdict: 'deferred busy' },
  { stage: 'data', reply: '554 5.5.1 no', verdict: 'rejected other' },
  { stage: 'final', reply: '550 5.7.1 spam', verdict: 'rejected content' },
  { stage: 'final', reply: '554 transaction failed', verdict: 'rejected other' },
  { stage: 'final', reply: '452 4.3.1 no space', verdict: 'deferred busy' },
];

describe('classification of SMTP replies', () => {
  for (const row of others) {
    it(`takes ${row.stage}: ${row.reply.slice(0, 70)} for ${row.verdict}`, () => {
      const verdict = classifyReply(row.stage, parseReply(row.reply), CONTEXT);
      const patience = verdict.kind === 'deferred' && verdict.patience;
      expect(
        `${verdict.kind} ${verdict.reason}${patience ? ` until ${patience.tries}: ${patience.verdict.reason}` : ''}`,
      ).to.equal(row.verdict);
      if (row.remedy) expect(verdict.remedy).to.match(row.remedy);
    });
  }

  it('has a verdict for every reply at every stage, and one about the upstream for every reply to AUTH', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...STAGES),
        fc.integer({ min: 0, max: 999 }),
        fc.option(fc.constantFrom('5.7.1', '5.2.2', '4.3.2', '5.7.60', '5.4.5', '9.9.9'), { nil: undefined }),
        fc.string({ unit: 'binary' }),
        (stage, code, enhanced, text) => {
          const verdict = classifyReply(
            stage,
            { code, text, ...(enhanced === undefined ? {} : { enhanced }) },
            CONTEXT,
          );
          expect(verdict.kind).to.be.oneOf(['unavailable', 'deferred', 'rejected']);
          if (verdict.kind === 'rejected' && !/SendAsDenied/i.test(text)) expect(code).to.be.within(500, 599);
          if (stage === 'auth' && verdict.kind !== 'unavailable')
            expect(verdict.reason).to.equal('connections');
        },
      ),
    );
  });

  it('knows a message that is too large', () => {
    expect(isOversize({ code: 552, enhanced: '5.3.4', text: 'Message too big' })).to.equal(true);
    expect(isOversize({ code: 552, text: 'message exceeds size limit' })).to.equal(true);
    expect(isOversize({ code: 552, enhanced: '5.2.2', text: 'mailbox full, quota exceeded' })).to.equal(
      false,
    );
    expect(isOversize({ code: 550, text: 'large' })).to.equal(false);
  });
});

describe('reading a reply', () => {
  it('joins the lines and takes code and enhanced code off each', () => {
    expect(parseReply('550-5.7.1 one\n550-5.7.1 two\n550 5.7.1 three')).to.deep.equal({
      code: 550,
      enhanced: '5.7.1',
      text: 'one two three',
    });
    expect(parseReply('250')).to.deep.equal({ code: 250, text: '' });
    expect(parseReply('250 ok')).to.deep.equal({ code: 250, text: 'ok' });
    expect(parseReply('nonsense')).to.deep.equal({ code: 0, text: 'nonsense' });
    expect(replyText(parseReply('550 5.1.1 no'))).to.equal('550 5.1.1 no');
  });

  it('never gives a text that is long, or that a terminal would act on', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 5000 }), (raw) => {
        const { text } = parseReply(raw);
        expect(text.length).to.be.at.most(1000);
        expect(text).not.to.match(/[\p{Cc}\u202a-\u202e]/u);
      }),
    );
    expect(showable('a\u001b[31mb\u0000c')).to.equal('a [31mb c');
  });
});
