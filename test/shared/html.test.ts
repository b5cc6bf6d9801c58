import { expect } from 'chai';
import { escapeHtml } from '../../src/shared/html.ts';

describe('text in HTML', () => {
  it('begins no tag, ends no attribute and is no entity', () => {
    expect(escapeHtml(`<a href="x" title='y'>&amp;</a>`)).to.equal(
      '&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;',
    );
  });
});
