import { expect } from 'chai';
import * as fc from 'fast-check';
import {
  appendFields,
  createField,
  fieldText,
  fieldValue,
  findField,
  headerLength,
  headerText,
  parseHeader,
  parseHeaderText,
  removeFields,
  replaceField,
  writeHeader,
} from '../../src/message/headers.ts';
import { anyText } from '../support/any-text.ts';

const BLOCK =
  'Received: a\r\n\tb\r\nFROM : x@y\r\nSubject: =?iso-8859-1?Q?gr=FC=DFe?=\r\n =?utf-8?B?4oKs?=\r\nX: \xff\r\n\r\nbody';

describe('headers', () => {
  it('finds fields by name, unfolds and decodes them', () => {
    const header = parseHeaderText(BLOCK);
    expect(header.fields.map((field) => field.name)).to.deep.equal(['received', 'from', 'subject', 'x']);
    expect(headerText(header, 'subject')).to.equal('grüße€');
    expect(headerText(header, 'missing')).to.equal('');
    const received = findField(header, 'received');
    expect(received && fieldValue(received)).to.equal('a\tb');
    expect(headerLength(Buffer.from(BLOCK, 'latin1'))).to.equal(BLOCK.length - 4);
  });

  it('keeps every other byte when it replaces, removes and appends', () => {
    const header = parseHeader(Buffer.from(BLOCK, 'latin1'));
    const changed = appendFields(
      removeFields(replaceField(header, 'from', [createField('From', '<z@y>')]), ['x']),
      [createField('X-New', 'value')],
    );
    expect(writeHeader(changed).toString('latin1')).to.equal(
      BLOCK.replace('FROM : x@y', 'From: <z@y>').replace('X: \xff\r\n', 'X-New: value\r\n'),
    );
  });

  it('writes back what it read, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.constantFrom('\r\n', 'From: a', 'From a Mon 10:00:00', ' x', ':', '\r\n\r\n', '\xe9'),
            fc.string(),
          ),
        ),
        (parts) => {
          const bytes = Buffer.from(parts.join(''), 'latin1');
          expect(writeHeader(parseHeader(bytes)).equals(bytes)).to.equal(true);
        },
      ),
    );
  });

  it('lets no text break out of a new field, and keeps lines within 998 octets', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          anyText(300),
          fc
            .array(fc.constantFrom('x', 'ü', ' ', '  '), { minLength: 900, maxLength: 1500 })
            .map((all) => all.join('')),
          fc.constant('x'.repeat(5000)),
        ),
        (text) => {
          const field = createField('X-Test', text);
          const header = parseHeaderText(`${field.raw}\r\n`);
          expect(header.fields).to.have.lengthOf(1);
          expect(header.rest).to.equal('\r\n');
          for (const line of field.raw.split('\r\n').slice(0, -1)) {
            expect(line.length).to.be.at.most(998);
            expect(line.trim()).not.to.equal('');
          }
        },
      ),
      {
        examples: [
          ['a\r\nBcc: x@y'],
          ['\r\n\r\nbody'],
          [`${' '.repeat(200)}x`],
          ['\u2028a\0b'],
          [`x ${' '.repeat(1500)} y`],
        ],
      },
    );
  });

  it('folds at spaces only, so that unfolding gives the text back', () => {
    const text = `${'word '.repeat(100)}${'long'.repeat(50)} end`;
    const field = createField('X-Test', text);
    expect(fieldValue(field)).to.equal(text);
    expect(field.raw.split('\r\n').length).to.be.greaterThan(6);
  });

  it('decodes encoded words for people without ever failing', () => {
    const words: readonly [string, string][] = [
      ['=?utf-8?B?w?= =?utf-8?B?6Q==?=', '\ufffd'],
      ['=?utf-8?Q?=C3?= =?utf-8?Q?=A4?=', 'ä'],
      ['=?unknown-charset?Q?caf=E9?=', 'café'],
      ['=?utf-8*en?Q?a_b?=', 'a b'],
      ['=?utf-8?X?a?= b', '=?utf-8?X?a?= b'],
      ['a =?utf-8?Q?b?= c', 'a b c'],
      ['=?utf-8?Q?a=0D=0ABcc:_x?=', 'a Bcc: x'],
    ];
    for (const [raw, text] of words) {
      expect(fieldText({ name: 'subject', raw: `Subject: ${raw}\r\n` }), raw).to.equal(text);
    }
    fc.assert(
      fc.property(anyText(12), fc.constantFrom('Q', 'B', 'q'), fc.string(), (charset, encoding, content) => {
        fieldText({ name: 'subject', raw: `Subject: =?${charset}?${encoding}?${content}?=\r\n` });
      }),
    );
  });
});
