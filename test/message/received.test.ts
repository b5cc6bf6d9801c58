import { expect } from 'chai';
import * as fc from 'fast-check';
import { formatDate, formatDateAt } from '../../src/message/date.ts';
import { parseHeaderText } from '../../src/message/headers.ts';
import { receivedField, type Trace, transmissionType } from '../../src/message/received.ts';
import { anyText } from '../support/any-text.ts';

const TRACE: Trace = {
  id: '0A1B2C3D4E5F6G7H',
  hostname: 'relay.example.com',
  greeting: 'printer.example.com',
  address: '192.0.2.7',
  extended: true,
  authenticated: false,
  smtpUtf8: false,
  recipients: [{ address: 'bob@example.com' }],
  now: Date.UTC(2026, 10, 21, 21, 55, 41),
};

describe('the Received field', () => {
  const protocols: readonly [Partial<Trace>, string][] = [
    [{ extended: false }, 'SMTP'],
    [{}, 'ESMTP'],
    [{ tls: 'TLSv1.3' }, 'ESMTPS'],
    [{ authenticated: true }, 'ESMTPA'],
    [{ tls: 'TLSv1.3', authenticated: true }, 'ESMTPSA'],
    [{ smtpUtf8: true }, 'UTF8SMTP'],
    [{ smtpUtf8: true, tls: 'TLSv1.3', authenticated: true }, 'UTF8SMTPSA'],
  ];
  for (const [changes, expected] of protocols) {
    it(`says ${expected}`, () => expect(transmissionType({ ...TRACE, ...changes })).to.equal(expected));
  }

  it('names client, relay, id and TLS', () => {
    const field = receivedField({
      ...TRACE,
      address: '2001:db8::7',
      greeting: '[192.0.2.7]',
      tls: 'TLSv1.3 TLS_AES_256_GCM_SHA384',
    });
    expect(field.replace(/\r\n\t/g, ' ')).to.include(
      'from [192.0.2.7] ([IPv6:2001:db8::7]) (TLSv1.3 TLS_AES_256_GCM_SHA384) by relay.example.com (Postern) with ESMTPS id 0A1B2C3D4E5F6G7H for <bob@example.com>; ',
    );
  });

  it('names no recipient when there are several, or none', () => {
    expect(receivedField({ ...TRACE, recipients: [{ address: 'a@b' }, { address: 'c@d' }] })).not.to.include(
      'for <',
    );
    expect(receivedField({ ...TRACE, recipients: [] })).not.to.include('for <');
  });

  it('is one clean field whatever the client calls itself', () => {
    const text = fc.oneof(
      anyText(40),
      fc.constantFrom('', 'a\r\nBcc: x@y', 'a (b', 'x'.repeat(3000), 'a;b', '[1.2.3.4]\r\n'),
    );
    fc.assert(
      fc.property(text, text, text, text, (greeting, address, recipient, tls) => {
        const field = receivedField({
          ...TRACE,
          greeting,
          address,
          tls,
          recipients: [{ address: recipient.slice(0, 250) }],
        });
        const { fields, rest } = parseHeaderText(`${field}\r\n`);
        expect(fields.map(({ name }) => name)).to.deep.equal(['received']);
        expect(rest).to.equal('\r\n');
        expect(field).not.to.match(/[^\P{Cc}\r\n\t]/u);
        for (const line of field.split('\r\n')) expect(line.length).to.be.at.most(998);
      }),
    );
  });
});

describe('dates in mail', () => {
  it('are written as RFC 5322 says, in any zone', () => {
    const time = Date.UTC(2026, 0, 4, 23, 5, 9);
    expect(formatDateAt(time)).to.equal('Sun, 4 Jan 2026 23:05:09 +0000');
    expect(formatDateAt(time, 330)).to.equal('Mon, 5 Jan 2026 04:35:09 +0530');
    expect(formatDateAt(time, -210)).to.equal('Sun, 4 Jan 2026 19:35:09 -0330');
  });

  it('name the same second in the zone of this machine', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_800_000 }), (time) => {
        expect(Date.parse(formatDate(time))).to.equal(Math.floor(time / 1000) * 1000);
        expect(formatDate(time)).to.match(/^\w{3}, \d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}$/);
      }),
    );
  });

  it('stay well formed for times that are none', () => {
    for (const time of [Number.NaN, Infinity, -1, 8.64e15])
      expect(formatDateAt(time)).to.match(/^\w{3}, \d{1,2} \w{3} \d{4} /);
  });
});
