import { expect } from 'chai';
import * as fc from 'fast-check';
import { parseMail, parseRcpt } from '../../src/inbound/mail-command.ts';
import { heapKept } from '../support/heap-kept.ts';

const rules = {
  compatibility: { addressesWithoutBrackets: true, oddAddresses: true },
  hostname: 'relay.example',
};
const strict = {
  compatibility: { addressesWithoutBrackets: false, oddAddresses: false },
  hostname: 'relay.example',
};

function sender(line: string, by = rules): string {
  const parsed = parseMail(line, by);
  return 'value' in parsed ? parsed.value.sender : `${parsed.refusal.code} ${parsed.refusal.enhanced}`;
}

function recipient(line: string, smtpUtf8 = false, by = rules): string {
  const parsed = parseRcpt(line, by, smtpUtf8);
  return 'value' in parsed ? parsed.value.address : `${parsed.refusal.code} ${parsed.refusal.enhanced}`;
}

describe('MAIL', () => {
  for (const [line, expected, whenStrict] of [
    ['MAIL FROM:<a@b.example>', 'a@b.example', 'a@b.example'],
    ['mail from:<a@b.example>', 'a@b.example', 'a@b.example'],
    ['MAIL FROM: <a@b.example> ', 'a@b.example', 'a@b.example'],
    ['MAIL FROM :\t<a@b.example>', 'a@b.example', 'a@b.example'],
    ['MAIL FROM:<>', '', ''],
    ['MAIL FROM:a@b.example', 'a@b.example', '501 5.5.4'],
    ['MAIL FROM: a@b.example SIZE=10', 'a@b.example', '501 5.5.4'],
    ['MAIL FROM:<ilo.@b.example>', 'ilo.@b.example', '501 5.1.7'],
    ['MAIL FROM:<a..b@b.example>', 'a..b@b.example', '501 5.1.7'],
    ['MAIL FROM:<scanner>', 'scanner@relay.example', '501 5.1.7'],
    ['MAIL FROM:<@one.example,@two.example:a@b.example>', 'a@b.example', 'a@b.example'],
    ['MAIL FROM:<"a b>@"@b.example>', '"a b>@"@b.example', '"a b>@"@b.example'],
    ['MAIL FROM:<"a\\"b"@b.example>', '"a\\"b"@b.example', '"a\\"b"@b.example'],
    ['MAIL FROM:<a@BÜCHER.example>', 'a@xn--bcher-kva.example', 'a@xn--bcher-kva.example'],
    ['MAIL FROM:<a@[192.0.2.1]>', 'a@[192.0.2.1]', 'a@[192.0.2.1]'],
    ['MAIL FROM:<a_b@host_1.example>', 'a_b@host_1.example', 'a_b@host_1.example'],
    ['MAIL FROM:<jörg@b.example>', '553 5.6.7', '553 5.6.7'],
    ['MAIL FROM:<jörg@b.example> SMTPUTF8', 'jörg@b.example', 'jörg@b.example'],
    ['MAIL FROM:<a@b@c.example>', '501 5.1.7', '501 5.1.7'],
    ['MAIL FROM:<a\u0000@b.example>', '501 5.1.7', '501 5.1.7'],
    ['MAIL FROM:<a@b.example', '501 5.5.4', '501 5.5.4'],
    ['MAIL FROM:<a@b.example>SIZE=1', '501 5.5.4', '501 5.5.4'],
    ['MAIL FROM:', '501 5.5.4', '501 5.5.4'],
    ['MAIL', '501 5.5.4', '501 5.5.4'],
    ['MAIL TO:<a@b.example>', '501 5.5.4', '501 5.5.4'],
    [`MAIL FROM:<${'a'.repeat(300)}@b.example>`, '501 5.1.7', '501 5.1.7'],
    ['MAIL FROM:<a@b.example> SIZE=x', '501 5.5.4', '501 5.5.4'],
    ['MAIL FROM:<a@b.example> SIZE=1 size=2', '501 5.5.4', '501 5.5.4'],
    ['MAIL FROM:<a@b.example> BODY=BINARYMIME', '501 5.5.4', '501 5.5.4'],
    ['MAIL FROM:<a@b.example> SMTPUTF8=yes', '501 5.5.4', '501 5.5.4'],
    ['MAIL FROM:<a@b.example> RET=SOME', '501 5.5.4', '501 5.5.4'],
    ['MAIL FROM:<a@b.example> ENVID=a+zz', '501 5.5.4', '501 5.5.4'],
    ['MAIL FROM:<a@b.example> XYZ=1', '555 5.5.4', '555 5.5.4'],
    ['MAIL FROM:<a@b.example> NOTIFY=NEVER', '555 5.5.4', '555 5.5.4'],
    ['MAIL FROM:<a@b.example> AUTH=<>', 'a@b.example', 'a@b.example'],
  ] as const) {
    it(`${JSON.stringify(line.slice(0, 60))} → ${expected}`, () => {
      expect(sender(line)).to.equal(expected);
      expect(sender(line, strict), 'without compatibility').to.equal(whenStrict);
    });
  }

  it('takes all parameters', () => {
    const line =
      'MAIL FROM:<a@b.example> SIZE=1000 BODY=8bitmime SMTPUTF8 RET=hdrs ENVID=QQ+2B314 AUTH=a+3Db@c.example';
    expect(parseMail(line, rules)).to.deep.equal({
      value: {
        sender: 'a@b.example',
        size: 1000,
        eightBit: true,
        smtpUtf8: true,
        returnContent: 'HDRS',
        envelopeId: 'QQ+2B314',
      },
    });
  });
});

describe('RCPT', () => {
  for (const [line, expected] of [
    ['RCPT TO:<a@B.Example>', 'a@b.example'],
    ['rcpt to: a@b.example', 'a@b.example'],
    ['RCPT TO:<postmaster>', 'postmaster@relay.example'],
    ['RCPT TO:<Postmaster>', 'Postmaster@relay.example'],
    ['RCPT TO:<bob>', '501 5.1.3'],
    ['RCPT TO:<>', '501 5.1.3'],
    ['RCPT TO:<jörg@b.example>', '553 5.6.7'],
    ['RCPT TO:<a@b.example> NOTIFY=NEVER,DELAY', '501 5.5.4'],
    ['RCPT TO:<a@b.example> NOTIFY', '501 5.5.4'],
    ['RCPT TO:<a@b.example> ORCPT=a@b.example', '501 5.5.4'],
    ['RCPT TO:<a@b.example> SIZE=1', '555 5.5.4'],
    ['RCPT FROM:<a@b.example>', '501 5.5.4'],
  ] as const) {
    it(`${line} → ${expected}`, () => expect(recipient(line)).to.equal(expected));
  }

  it('takes all parameters', () => {
    const line = 'RCPT TO:<jörg@b.example> NOTIFY=success,FAILURE,success ORCPT=utf-8;jörg@b.example';
    expect(parseRcpt(line, rules, true)).to.deep.equal({
      value: {
        address: 'jörg@b.example',
        notify: ['SUCCESS', 'FAILURE'],
        originalRecipient: 'utf-8;jörg@b.example',
      },
    });
  });

  it('answers anything with an address or a refusal, quickly', () => {
    const part = fc.constantFrom(
      '<',
      '>',
      '@',
      '"',
      '\\',
      '.',
      ' ',
      ':',
      'a',
      'SIZE=',
      '=',
      ',',
      '[',
      ']',
      'é',
      '\0',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(part, fc.string()), { maxLength: 60 }), (parts) => {
        const text = parts.join('');
        for (const address of [sender(`MAIL FROM:${text}`), recipient(`RCPT TO:${text}`, true)]) {
          expect(address).not.to.match(/[\0\r\n<>](?![^"]*"@)/);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('keeps nothing of a long line but what it says', () => {
    const spaces = ' '.repeat(12_000);
    const kept = heapKept(500, (index) => {
      const to = `RCPT TO:<recipient${index}@b.example> ORCPT=rfc822;recipient${index}@b.example`;
      const from = `MAIL FROM:<sender${index}@b.example> ENVID=envelope${index}`;
      return [
        parseRcpt(Buffer.from(to + spaces).toString(), rules, false),
        parseMail(Buffer.from(from + spaces).toString(), rules),
      ];
    });
    expect(kept, 'two lines of 12,000 bytes each would be 12 MB').to.be.below(2_000_000);
  });
});
