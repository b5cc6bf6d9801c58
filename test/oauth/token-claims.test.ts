import { expect } from 'chai';
import * as fc from 'fast-check';
import { claimsText, tokenClaims } from '../../src/oauth/token-claims.ts';

const jwt = (claims: unknown): string =>
  ['{"alg":"none"}', typeof claims === 'string' ? claims : JSON.stringify(claims), 'signature']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');

describe('the claims of an access token', () => {
  it('are read from a token of Microsoft, of both versions', () => {
    expect(
      tokenClaims(
        jwt({
          aud: 'https://outlook.office365.com',
          tid: 'tenant-1',
          roles: ['SMTP.SendAsApp'],
          appid: 'app-1',
          exp: 1_800_000_000,
          sub: 'not shown',
        }),
      ),
    ).to.deep.equal({
      aud: 'https://outlook.office365.com',
      tid: 'tenant-1',
      roles: ['SMTP.SendAsApp'],
      appid: 'app-1',
      exp: 1_800_000_000_000,
    });
    expect(
      tokenClaims(jwt({ azp: 'app-2', preferred_username: 'a@x.test', scp: 'SMTP.Send' })),
    ).to.deep.equal({
      appid: 'app-2',
      upn: 'a@x.test',
      scp: 'SMTP.Send',
    });
  });

  it('are put into words', () => {
    expect(claimsText({ aud: 'A', tid: 'T', roles: [], exp: 5 })).to.equal(
      'audience A, tenant T, roles none',
    );
    expect(claimsText({ scp: 'SMTP.Send', appid: 'app', upn: 'a@x.test' })).to.equal(
      'scopes SMTP.Send, application app, account a@x.test',
    );
    expect(claimsText({})).to.equal('');
  });

  const none: readonly (readonly [string, string])[] = [
    ['an opaque token', 'ya29.a0AfH6SMBx'],
    ['nothing', ''],
    ['two parts', 'a.b'],
    ['four parts', 'a.b.c.d'],
    ['a payload that is no JSON', jwt('{"aud":')],
    ['a payload that is no object', jwt('["aud"]')],
    ['a payload of null', jwt('null')],
    ['a payload that is no base64', 'a.%%%.c'],
    ['more than can be a token', jwt({ aud: 'x'.repeat(40_000) })],
  ];
  for (const [name, token] of none) {
    it(`are absent for ${name}`, () => expect(tokenClaims(token)).to.equal(undefined));
  }

  it('of the wrong type are left out', () => {
    expect(
      tokenClaims(jwt({ aud: 1, tid: {}, roles: 'all', scp: null, appid: [], upn: true, exp: 'soon' })),
    ).to.deep.equal({});
    expect(tokenClaims(jwt({ exp: 1e300 }))).to.deep.equal({});
    expect(tokenClaims(jwt({ aud: ['first', 'second'], roles: [1, 'two', null] }))).to.deep.equal({
      aud: 'first',
      roles: ['two'],
    });
    expect(tokenClaims(jwt('{"__proto__":{"aud":"x"},"constructor":"y"}'))).to.deep.equal({});
  });

  it('are bounded and harmless to a terminal, whatever the token holds', () => {
    const value = fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.jsonValue());
    fc.assert(
      fc.property(
        fc.record({
          aud: value,
          tid: value,
          roles: fc.oneof(value, fc.array(value)),
          scp: value,
          upn: value,
          exp: value,
        }),
        (claims) => {
          const read = tokenClaims(jwt(claims));
          const text = claimsText(read ?? {});
          expect(text.length).to.be.at.most(6000);
          expect(text).not.to.match(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
        },
      ),
      { numRuns: 30 },
    );
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (token) => void tokenClaims(token)));
  });
});
