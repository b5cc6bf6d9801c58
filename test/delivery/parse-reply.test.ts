import { expect } from 'chai';
import { hiddenForms } from '../../src/delivery/transports/smtp/connection-loss.ts';
import { parseReply } from '../../src/delivery/transports/smtp/parse-reply.ts';

const PASSWORD = 'Tr0ub4dor/and+three';
const HIDDEN = hiddenForms('relay@example.com', PASSWORD);
const WHOLE = Buffer.from(`\0relay@example.com\0${PASSWORD}`).toString('base64');

describe('a reply that echoes what it was told', () => {
  for (const [name, echo] of Object.entries({
    'the password': `wrong: ${PASSWORD}`,
    'the line': `syntax error: AUTH PLAIN ${WHOLE}`,
    'the line, cut off': `syntax error: AUTH PLAIN ${WHOLE.slice(0, 40)}`,
    'the end of the line': `syntax error near "${WHOLE.slice(20)}"`,
    'the line in capitals': `UNKNOWN COMMAND AUTH PLAIN ${WHOLE.toUpperCase()}`,
    'the password as in a URL': `wrong: ${encodeURIComponent(PASSWORD)}`,
    'the line as in a URL, cut off within a sign': `wrong: ${encodeURIComponent(`${WHOLE}=`).slice(0, -1)}`,
    'the password over two lines': `wrong: ${PASSWORD.slice(0, 10)}\n535 ${PASSWORD.slice(10)}`,
  })) {
    it(`shows nothing of it: ${name}`, () => {
      const { text } = parseReply(`535 5.7.8 ${echo}`, HIDDEN);
      expect(text).to.include('[secret]');
      const small = text.toLowerCase();
      for (const secret of [PASSWORD, WHOLE]) {
        for (let start = 0; start + 8 <= secret.length; start += 1) {
          expect(small).not.to.include(secret.slice(start, start + 8).toLowerCase());
        }
      }
    });
  }

  it('keeps its other words', () => {
    const text =
      'Authentication unsuccessful for relay@example.com, see https://example.com/help (1234567890)';
    expect(parseReply(`535 5.7.3 ${text}`, HIDDEN).text).to.equal(text);
  });
});
