import { expect } from 'chai';
import * as fc from 'fast-check';
import { cookieValue, setCookie } from '../../src/admin/cookies.ts';
import { escaped, signInPage } from '../../src/admin/sign-in-page.ts';
import { pastedParameters, readCallback } from '../../src/oauth/sign-in/callback.ts';
import { RelayError } from '../../src/shared/errors.ts';

const STATE = 'A'.repeat(43);
const wild = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ maxLength: 200 }),
  fc.constantFrom(
    '<script>',
    '"><img src=x onerror=x>',
    "'",
    '&lt;',
    '\u202e',
    '\u0000',
    `state=${STATE}&code=x`,
  ),
);

describe('what a browser may bring to a sign-in', () => {
  it('is read or refused in words, whatever it is', () => {
    const names = fc.constantFrom('state', 'code', 'error', 'error_description', 'iss', '__proto__');
    fc.assert(
      fc.property(fc.array(fc.tuple(names, fc.oneof(wild, fc.constant(STATE)))), (pairs) => {
        try {
          const { state, outcome } = readCallback(new URLSearchParams(pairs));
          return state === STATE && (outcome.kind === 'error' || outcome.code.reveal() !== '');
        } catch (error) {
          return error instanceof RelayError;
        }
      }),
    );
    fc.assert(
      fc.property(wild, wild, (before, after) => {
        try {
          return pastedParameters(`${before}?${after}`).has('state');
        } catch (error) {
          return error instanceof RelayError;
        }
      }),
    );
  });

  it('finds the pasted address among quotes, brackets and line breaks', () => {
    const address = `http://localhost:8025/login/smtp-verification?code=a%2Bb&state=${STATE}&session_state=1#x`;
    for (const pasted of [address, `<${address}>`, `"${address}"`, address.replace('code', '\r\n  code')]) {
      const parameters = pastedParameters(pasted);
      expect(parameters.get('code')).to.equal('a+b');
      expect(parameters.get('state')).to.equal(STATE);
    }
  });

  it('becomes text on the page and nothing else', () => {
    fc.assert(
      fc.property(wild, wild, (title, text) => {
        const page = signInPage({ title, paragraphs: [text], remedy: text, good: false, style: 'style.css' });
        const tags = [...page.matchAll(/<\/?([a-z!]+)/gi)].map(([, name]) => name);
        return (
          !/[<>"']/.test(escaped(text)) &&
          new Set(tags).isSubsetOf(
            new Set(['!doctype', 'html', 'head', 'meta', 'title', 'link', 'body', 'main', 'h', 'p']),
          )
        );
      }),
    );
    expect(escaped('x'.repeat(1_000_000))).to.have.length(1500);
  });
});

describe('cookies', () => {
  for (const [header, expected] of [
    ['a=1', '1'],
    ['b=2; a=1;c=3', '1'],
    ['b=2;a=1', '1'],
    ['a=1; a=1', undefined],
    ['a=1; a=2', undefined],
    ['A=1', undefined],
    ['xa=1', undefined],
    ['a=', undefined],
    ['a="1"', undefined],
    ['a=1 2', undefined],
    ['a', undefined],
    ['', undefined],
    [undefined, undefined],
    [`a=${'x'.repeat(129)}`, undefined],
    [`a=1; b=${'x'.repeat(9000)}`, undefined],
  ] as const) {
    it(`reads ${JSON.stringify(header)?.slice(0, 40) ?? 'nothing'} as ${expected ?? 'none'}`, () => {
      expect(cookieValue(header, 'a')).to.equal(expected);
    });
  }

  it('are read as they were set', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\w.-]{1,128}$/), fc.boolean(), (value, secure) => {
        const [pair] = setCookie('a', value, { secure, maxAge: 1 }).split(';');
        return cookieValue(pair, 'a') === value;
      }),
    );
  });
});
