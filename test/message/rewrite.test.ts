import { expect } from 'chai';
import * as fc from 'fast-check';
import { headerText, parseHeader } from '../../src/message/headers.ts';
import { parseMailboxes } from '../../src/message/mailbox.ts';
import { rewriteSender } from '../../src/message/rewrite.ts';

const REWRITE = { from: 'relay@example.com', original: 'device@office.example' };

function rewrite(text: string, options: Partial<typeof REWRITE> = {}): string {
  return rewriteSender(Buffer.from(text, 'latin1'), { ...REWRITE, ...options }).toString('latin1');
}

describe('sender rewrite', () => {
  const cases: readonly [name: string, input: string, output: string][] = [
    [
      'keeps the display name and leads answers to the original',
      'From: "Scanner, 2" <s@office.example>\r\n',
      'From: "Scanner, 2" <relay@example.com>\r\nReply-To: "Scanner, 2" <s@office.example>\r\nX-Original-From: "Scanner, 2" <s@office.example>\r\n',
    ],
    [
      'keeps a Reply-To that is there',
      'Reply-To: me@office.example\r\nFrom: s@office.example\r\n',
      'Reply-To: me@office.example\r\nFrom: <relay@example.com>\r\nX-Original-From: s@office.example\r\n',
    ],
    [
      'replaces a Reply-To that leads nowhere',
      'Reply-To:\r\nFrom: s@office.example\r\n',
      'From: <relay@example.com>\r\nReply-To: <s@office.example>\r\nX-Original-From: s@office.example\r\n',
    ],
    [
      'removes @ from the display name',
      'From: "bob@office.example" <bob@office.example>\r\n',
      'From: "bob at office.example" <relay@example.com>\r\nReply-To: "bob@office.example" <bob@office.example>\r\nX-Original-From: "bob@office.example" <bob@office.example>\r\n',
    ],
    [
      'removes Sender, and leaves Resent fields, signatures and everything else',
      'DKIM-Signature: v=1; h=From\r\nResent-From: r@x.y\r\nSender: q@x.y\r\nFrom: a@x.y\r\nX: \xff\r\n',
      'DKIM-Signature: v=1; h=From\r\nResent-From: r@x.y\r\nFrom: <relay@example.com>\r\nReply-To: <a@x.y>\r\nX-Original-From: a@x.y\r\nX: \xff\r\n',
    ],
    [
      'removes Sender also where a Reply-To is kept',
      'Sender: q@x.y\r\nReply-To: r@x.y\r\nFrom: a@x.y\r\n',
      'Reply-To: r@x.y\r\nFrom: <relay@example.com>\r\nX-Original-From: a@x.y\r\n',
    ],
    [
      'joins several From fields',
      'From: a@x.y\r\nX: 1\r\nfrom : B <b@x.y>\r\n',
      'From: B <relay@example.com>\r\nReply-To: <a@x.y>, B <b@x.y>\r\nX-Original-From: a@x.y, B <b@x.y>\r\nX: 1\r\n',
    ],
    [
      'answers to the envelope sender where From is no address',
      'From: scanner\r\n',
      'From: <relay@example.com>\r\nReply-To: <device@office.example>\r\nX-Original-From: scanner\r\n',
    ],
    [
      'adds From behind the trace fields where it is missing',
      'Received: x\r\nSubject: y\r\n',
      'Received: x\r\nFrom: <relay@example.com>\r\nReply-To: <device@office.example>\r\nSubject: y\r\n',
    ],
    [
      'leaves a message alone that fits already',
      'From: Me <Relay@Example.com>\r\nX: y\r\n',
      'From: Me <Relay@Example.com>\r\nX: y\r\n',
    ],
    [
      'removes only Sender when From fits',
      'Sender: x@y.z\r\nFrom: relay@example.com\r\n',
      'From: relay@example.com\r\n',
    ],
  ];
  for (const [name, input, output] of cases) {
    it(name, () => expect(rewrite(`${input}\r\nFrom: body`)).to.equal(`${output}\r\nFrom: body`));
  }

  it('adds no Reply-To for the null sender without a usable From', () => {
    expect(rewrite('From: scanner\r\n\r\n', { original: '' })).not.to.include('Reply-To');
  });

  it('keeps foreign letters readable', () => {
    const header = parseHeader(Buffer.from(rewrite('From: =?utf-8?B?SsO8cmdlbg==?= <j@x.y>\r\n\r\n')));
    expect(parseMailboxes(headerText(header, 'from'))[0]?.name).to.equal('Jürgen');
    expect(headerText(header, 'x-original-from')).to.equal('Jürgen <j@x.y>');
  });

  it('has exactly one From, with the right address, and no field more than it should, whatever was there', () => {
    const part = fc.oneof(
      fc.constantFrom(
        '\r\n',
        '\r\n ',
        'From:',
        'Sender:',
        'Reply-To:',
        '<',
        '>',
        '"',
        '@',
        ',',
        'a@b.c',
        '=?utf-8?Q?=0D=0ABcc:x?=',
      ),
      fc.string({ maxLength: 8 }),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
        const before = Buffer.from(`From: x\r\n${parts.join('')}`, 'latin1');
        const names = new Set(parseHeader(before).fields.map((field) => field.name));
        const after = parseHeader(rewriteSender(before, REWRITE));
        const from = after.fields.filter((field) => field.name === 'from');
        expect(from).to.have.lengthOf(1);
        expect(parseMailboxes(headerText(after, 'from')).map((mailbox) => mailbox.address)).to.deep.equal([
          'relay@example.com',
        ]);
        for (const field of after.fields) {
          expect(names.has(field.name) || ['reply-to', 'x-original-from'].includes(field.name)).to.equal(
            true,
          );
        }
        const again = rewriteSender(rewriteSender(before, REWRITE), REWRITE);
        expect(again.equals(rewriteSender(before, REWRITE))).to.equal(true);
      }),
      { numRuns: 500 },
    );
  });
});
