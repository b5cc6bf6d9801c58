import { expect } from 'chai';
import * as fc from 'fast-check';
import { CHUNK_SIZE } from '../../src/message/envelope.ts';
import { headerText, parseHeader } from '../../src/message/headers.ts';
import { createReporter } from '../../src/notices/reports.ts';
import type { MessageRecord, RecipientRecord } from '../../src/queue/message.ts';
import type { Draft } from '../../src/queue/reports.ts';
import { settingsSchema } from '../../src/settings/schema.ts';
import { anyText } from '../support/any-text.ts';
import { messageRecord } from '../support/records.ts';

const NOW = Date.UTC(2026, 10, 2, 9, 0, 0);
const HEADER = Buffer.from('Received: x\r\nFrom: printer@example.com\r\nSubject: Toner is low\r\n\r\n');

const settings = settingsSchema.parse({
  upstreams: [{ name: 'office', kind: 'smtp', host: 'smtp.office.example' }],
});

function reporter(changes: object = {}): ReturnType<typeof createReporter> {
  return createReporter({
    settings: { current: () => ({ ...settings, ...changes }) },
    hostname: () => 'relay.example.com',
    clock: { now: () => NOW },
  });
}

function failed(changes: Partial<RecipientRecord> = {}): RecipientRecord {
  return {
    address: 'bob@example.net',
    state: 'failed',
    reason: 'recipient',
    reply: { code: 550, enhanced: '5.1.1', text: '5.1.1 No such user here' },
    upstream: 'office',
    settledAt: NOW,
    ...changes,
  };
}

function withSender(sender: string): MessageRecord {
  return messageRecord({ envelope: { sender, eightBit: false, smtpUtf8: false } });
}

function textOf(draft: Draft | undefined): string {
  if (draft === undefined) throw new Error('no report was written');
  return draft.body.toString();
}

/** The three parts, without their own headers. */
function partsOf(text: string): string[] {
  const boundary = /boundary="([^"]+)"/.exec(text)?.[1] ?? '';
  return text
    .split(`--${boundary}`)
    .slice(1, -1)
    .map((part) => part.slice(part.indexOf('\r\n\r\n') + 4));
}

describe('reports', () => {
  it('tells the sender in words, for programs, and with the header', () => {
    const message = messageRecord({ subject: 'Toner is low' });
    const draft = reporter().failed(message, [failed()], HEADER);
    const text = textOf(draft);
    const header = parseHeader(Buffer.from(text));
    expect(headerText(header, 'to')).to.equal('<printer@example.com>');
    expect(headerText(header, 'from')).to.equal('Mail Delivery System <mailer-daemon@relay.example.com>');
    expect(headerText(header, 'subject')).to.equal('Not delivered: Toner is low');
    expect(headerText(header, 'auto-submitted')).to.equal('auto-replied');
    expect(headerText(header, 'in-reply-to')).to.equal(message.headerMessageId);
    expect(headerText(header, 'content-type')).to.match(/^multipart\/report; report-type=delivery-status;/);
    const [words = '', status = '', quoted = ''] = partsOf(text);
    expect(words).to.include('<bob@example.net>').and.to.include('The server smtp.office.example said:');
    expect(words)
      .to.include('550 5.1.1 No such user here')
      .and.to.include('Check the address')
      .and.to.include(message.id);
    expect(status).to.match(
      /^Reporting-MTA: dns; relay\.example\.com\r\nArrival-Date: .*\r\n\r\nFinal-Recipient: rfc822; bob@example\.net\r\nAction: failed\r\nStatus: 5\.1\.1\r\nRemote-MTA: dns; smtp\.office\.example\r\nDiagnostic-Code: smtp; 550 5\.1\.1 No such user here\r\nLast-Attempt-Date: /,
    );
    expect(quoted).to.include('Subject: Toner is low').and.not.to.include('\r\n\r\n\r\n');
  });

  it('hands the queue a report from nobody, in its own lane', () => {
    const accepted = reporter().failed(messageRecord(), [failed()], HEADER)?.accepted;
    expect(accepted).to.deep.include({ kind: 'report', receiving: 0 });
    expect(accepted?.origin).to.deep.equal({ client: 'postern', listener: '', address: '', greeting: '' });
    expect(accepted?.envelope).to.deep.equal({
      sender: '',
      recipients: [{ address: 'printer@example.com' }],
      eightBit: false,
      smtpUtf8: false,
    });
    expect(accepted?.content.headerMessageId).to.match(/^<.+@relay\.example\.com>$/);
  });

  it('uses the From of the notices, and a Message-ID of its own each time', () => {
    const from = reporter({ notices: { ...settings.notices, from: 'relay@example.com' } });
    const message = messageRecord();
    const [first, second] = [
      from.failed(message, [failed()], HEADER),
      from.failed(message, [failed()], HEADER),
    ];
    expect(textOf(first)).to.include('<relay@example.com>');
    expect(first?.accepted.content.headerMessageId).not.to.equal(second?.accepted.content.headerMessageId);
  });

  it('is from an address that the upstream takes, where the notices have none', () => {
    const office = { name: 'office', kind: 'smtp', host: 'smtp.office.example' };
    const { upstreams } = settingsSchema.parse({
      upstreams: [{ ...office, from: { address: 'relay@office.example', rewrite: 'if-refused' } }],
    });
    const from = reporter({ upstreams, defaultUpstream: 'office' });
    expect(textOf(from.failed(messageRecord(), [failed()], HEADER))).to.include('<relay@office.example>');
  });

  const notify: readonly [RecipientRecord['notify'], boolean, boolean, boolean][] = [
    [undefined, true, true, false],
    [[], true, true, false],
    [['NEVER'], false, false, false],
    [['FAILURE'], true, false, false],
    [['DELAY'], false, true, false],
    [['SUCCESS'], false, false, true],
    [['SUCCESS', 'FAILURE', 'DELAY'], true, true, true],
  ];
  for (const [conditions, ...expected] of notify) {
    it(`honours NOTIFY=${conditions?.join(',') ?? '(absent)'}`, () => {
      const recipient = failed(conditions === undefined ? {} : { notify: conditions });
      const made = reporter();
      const message = messageRecord();
      expect([
        made.failed(message, [recipient], HEADER) !== undefined,
        made.delayed(message, [recipient], HEADER, NOW) !== undefined,
        made.relayed(message, [recipient], HEADER) !== undefined,
      ]).to.deep.equal(expected);
    });
  }

  it('reports only on the recipients that asked for it', () => {
    const both = [failed({ notify: ['NEVER'], address: 'quiet@example.net' }), failed()];
    expect(textOf(reporter().failed(messageRecord(), both, HEADER))).not.to.include('quiet@example.net');
  });

  it('never reports to the null sender, to a sender without a domain, or about mail of its own', () => {
    const made = reporter();
    for (const message of [
      withSender(''),
      withSender('root'),
      messageRecord({ kind: 'report' }),
      messageRecord({ kind: 'notice' }),
    ]) {
      expect(made.failed(message, [failed()], HEADER)).to.equal(undefined);
      expect(made.delayed(message, [failed()], HEADER, NOW)).to.equal(undefined);
      expect(made.relayed(message, [failed({ notify: ['SUCCESS'] })], HEADER)).to.equal(undefined);
    }
  });

  it('does not warn programs, but tells them of failures', () => {
    const made = reporter();
    const headers = [
      'Auto-Submitted: auto-generated',
      'auto-submitted : AUTO-REPLIED; x=y',
      'Precedence: bulk',
    ];
    for (const field of headers) {
      const header = Buffer.from(`${field}\r\n\r\n`);
      expect(made.delayed(messageRecord(), [failed()], header, NOW), field).to.equal(undefined);
      expect(made.failed(messageRecord(), [failed()], header), field).not.to.equal(undefined);
    }
    expect(made.delayed(withSender('MAILER-DAEMON@example.com'), [failed()], HEADER, NOW)).to.equal(
      undefined,
    );
    expect(
      made.delayed(messageRecord(), [failed()], Buffer.from('Auto-Submitted: no\r\n\r\n'), NOW),
    ).not.to.equal(undefined);
  });

  it('says until when a delayed message is tried, and that nothing has to be done', () => {
    const expiresAt = NOW + 86_400_000;
    const { reply: _, reason: __, ...waiting } = failed({ state: 'pending' });
    const text = textOf(reporter().delayed(messageRecord(), [waiting], HEADER, expiresAt));
    expect(text)
      .to.include('Action: delayed\r\nStatus: 4.4.7\r\n')
      .and.to.include('Will-Retry-Until: Tue, 3 Nov 2026');
    expect(text.replace(/\s+/g, ' '))
      .to.include('you need not send it again')
      .and.not.to.include('What to do');
  });

  const statuses: readonly [Partial<RecipientRecord>, string][] = [
    [{ reason: 'expired', reply: { code: 451, enhanced: '4.2.0', text: 'later' } }, '5.4.7'],
    [{ reply: { code: 550, text: 'no' } }, '5.0.0'],
    [{ reply: { code: 550, enhanced: '4.2.2', text: 'odd' } }, '5.0.0'],
    [{ reply: { code: 550, enhanced: '5.7.1\r\nX: y', text: 'odd' } }, '5.0.0'],
    [{ reply: { code: 550, enhanced: '5.7.139', text: 'no' } }, '5.7.139'],
  ];
  for (const [changes, status] of statuses) {
    it(`derives Status ${status} from ${JSON.stringify(changes.reply)}`, () => {
      expect(textOf(reporter().failed(messageRecord(), [failed(changes)], HEADER))).to.include(
        `\r\nStatus: ${status}\r\n`,
      );
    });
  }

  it('gives back ENVID and ORCPT, decoded, and nothing that breaks out of them', () => {
    const message = messageRecord({
      envelope: { sender: 'a@example.com', eightBit: false, smtpUtf8: false, envelopeId: 'QQ+2B1+3D' },
    });
    const text = textOf(
      reporter().failed(message, [failed({ originalRecipient: 'rfc822;bob+2Btag@example.org' })], HEADER),
    );
    expect(text)
      .to.include('Original-Envelope-Id: QQ+1=\r\n')
      .and.to.include('Original-Recipient: rfc822; bob+tag@example.org\r\n');
    const hostile = messageRecord({
      envelope: { sender: 'a@example.com', eightBit: false, smtpUtf8: false, envelopeId: 'x+0D+0AAction: y' },
    });
    const [, status = ''] = partsOf(
      textOf(reporter().failed(hostile, [failed({ originalRecipient: 'rfc822;b+0D+0AX:' })], HEADER)),
    );
    expect(status).not.to.match(/Envelope-Id|Original-Recipient|^X:/m);
  });

  it('stays ASCII with foreign letters in subject, reply, recipient and quoted header', () => {
    const recipient = failed({
      address: 'jürgen@example.net',
      reply: { code: 550, text: 'Empfänger unbekannt' },
    });
    const draft = reporter().failed(
      messageRecord({ subject: 'Grüße' }),
      [recipient],
      Buffer.from('Subject: Grüße\r\n\r\n'),
    );
    const text = textOf(draft);
    expect(text).to.match(/^[\x20-\x7e\r\n\t]*$/);
    expect(text)
      .to.include('Final-Recipient: utf-8; j\\x{FC}rgen@example.net')
      .and.to.include('Gr=C3=BC=C3=9Fe');
    expect(draft?.accepted.content.subject).to.equal('Not delivered: Grüße');
  });

  it('asks for SMTPUTF8 only when the sender itself needs it', () => {
    const draft = reporter().failed(withSender('jürgen@example.com'), [failed()], HEADER);
    expect(draft?.accepted.envelope).to.deep.include({ eightBit: true, smtpUtf8: true });
    expect(headerText(parseHeader(draft?.body ?? Buffer.alloc(0)), 'to')).to.equal('<jürgen@example.com>');
  });

  it('always fits into one piece of a stored body, with all recipients as long as that goes', () => {
    const many = Array.from({ length: 1000 }, (_, index) => failed({ address: `user${index}@example.net` }));
    const draft = reporter().failed(messageRecord(), many, Buffer.from('X: ü\r\n'.repeat(30_000)));
    expect(textOf(draft)).to.include('rfc822; user999@example.net').and.to.include('more recipients');
    const worst = Array.from({ length: 5000 }, () =>
      failed({
        address: `${'ü'.repeat(30)}@${'x.'.repeat(90)}y`,
        reply: { code: 550, text: 'ü'.repeat(1000) },
      }),
    );
    const large = reporter().failed(messageRecord(), worst, Buffer.from(`X: ${'ü'.repeat(90_000)}`));
    expect(large?.body.length).to.be.at.most(CHUNK_SIZE);
  });

  it('has three parts and clean lines whatever strangers said', () => {
    const text = fc.oneof(
      anyText(60),
      fc.constantFrom('\r\n\r\n--=_', 'a\r\nBcc: x@y', '\0', '.', 'x'.repeat(1000)),
    );
    fc.assert(
      fc.property(text, text, text, text, text, (subject, reply, address, id, header) => {
        const message = messageRecord({ subject, headerMessageId: id });
        const recipient = failed({
          address,
          originalRecipient: `rfc822;${id}`,
          reply: { code: 550, enhanced: reply, text: reply },
        });
        const draft = reporter().failed(message, [recipient], Buffer.from(`${header}\r\nX: y\r\n\r\n`));
        const written = draft?.body.toString('latin1') ?? '';
        expect(partsOf(written)).to.have.lengthOf(3);
        expect(written).to.match(/^Date: /);
        expect(written.split('\r\n').every((line) => line.length <= 998 && !/[\0\r\n]/.test(line))).to.equal(
          true,
        );
        const names = parseHeader(Buffer.from(written, 'latin1')).fields.map((field) => field.name);
        expect(names).not.to.include('bcc');
      }),
      { numRuns: 300 },
    );
  });
});
