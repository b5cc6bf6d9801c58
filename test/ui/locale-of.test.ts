import { expect } from 'chai';
import { localeOf } from '../../src/ui/words/locale-of.ts';

describe('the locale of the page', () => {
  it('is the browser’s own tag of the language', () => {
    expect(localeOf('de', ['en-US', 'de-AT', 'de'])).to.equal('de-AT');
    expect(localeOf('en', ['de-AT'])).to.equal('en');
  });

  it('is never a tag that dates and numbers cannot be written in', () => {
    for (const tag of ['en-US@posix', 'en_US', 'en-', 'en-US.UTF-8']) {
      expect(localeOf('en', [tag]), tag).to.equal('en');
      expect(() => new Intl.RelativeTimeFormat(localeOf('en', [tag]))).not.to.throw();
    }
    expect(localeOf('en', ['en-US@posix', 'en-GB'])).to.equal('en-GB');
  });
});
