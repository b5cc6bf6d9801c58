import { expect } from 'chai';
import { array, assert, constantFrom, property } from 'fast-check';
import { HTML_POLICY, inertHtml, type Picture } from '../../src/inbox/inert-html.ts';
import { SHOWN_PICTURES_LIMIT } from '../../src/inbox/limits.ts';

const PICTURE: Picture = { contentType: 'image/png', content: Buffer.from('x') };

function shown(html: string, pictures: Readonly<Record<string, Picture>> = {}): string {
  const page = inertHtml(html, new Map(Object.entries(pictures)));
  return page.slice(page.indexOf('<body>') + '<body>\n'.length);
}

describe('HTML of strangers', () => {
  it('is served under a policy that leaves it nothing', () => {
    const rules = HTML_POLICY.split('; ');
    expect(rules).to.include.members([
      'sandbox',
      "default-src 'none'",
      'img-src data:',
      "frame-ancestors 'self'",
    ]);
    expect(HTML_POLICY).not.to.match(/allow-|https?:|\*|'self'.*img|script-src/);
  });

  const changed: readonly [what: string, html: string, expected: string][] = [
    ['a link shows where it leads', '<a href="http://x/">y</a>', '<a title="http://x/">y</a>'],
    ['a link in any spelling', "<A\n HREF = 'x' >y</A>", "<A\n title = 'x' >y</A>"],
    ['an area of a map', '<area shape=rect href=x>', '<area shape=rect title=x>'],
    ['a link of a drawing', '<svg><a xlink:href="x"/></svg>', '<svg><a title="x"/></svg>'],
    ['text that looks like one', 'href=x <b>href=y</b>', 'href=x <b>href=y</b>'],
    ['a link element', '<link rel="preconnect" href=//x>', '<x-link rel="preconnect" href=//x>'],
    [
      'going elsewhere',
      '<META http-equiv=refresh content="0;url=//x">',
      '<x-META http-equiv=refresh content="0;url=//x">',
    ],
    ['another base', '</p><base href=//x>', '</p><x-base href=//x>'],
    ['frames', '<iframe srcdoc="&lt;link&gt;"></iframe>', '<x-iframe srcdoc="&lt;link&gt;"></x-iframe>'],
    ['objects', '<object data=x><embed src=y>', '<x-object data=x><x-embed src=y>'],
    ['an end without a start', '<a <a <a href=x', '<a <a <a href=x'],
  ];
  for (const [what, html, expected] of changed) {
    it(`is made inert: ${what}`, () => expect(shown(html)).to.equal(expected));
  }

  it('keeps pictures within their room, however often they are shown', () => {
    const content = Buffer.alloc(3 * 1024 * 1024);
    const page = shown('<img src=cid:a>'.repeat(1000), { a: { contentType: 'image/png', content } });
    expect(page.length).to.be.below(SHOWN_PICTURES_LIMIT + 100_000);
    expect(page).to.contain('data:image/png;base64,AAAA').and.to.contain('cid:a');
  });

  it('takes no picture whose type is not known', () => {
    const evil = { contentType: 'image/png" onload="x', content: Buffer.from('x') };
    expect(shown('<img src="cid:a">', { a: evil })).to.equal('<img src="cid:a">');
  });

  it('finds pictures by escaped names too', () => {
    expect(shown('<img src="cid:a%40b">', { 'a@b': PICTURE })).to.equal(
      '<img src="data:image/png;base64,eA==">',
    );
    expect(shown('<img src="cid:%zz">', { 'a@b': PICTURE })).to.equal('<img src="cid:%zz">');
  });

  it('never leaves one of the elements that the policy does not reach', () => {
    const piece = constantFrom(
      '<',
      '</',
      'link',
      'LINK',
      'meta',
      'base',
      'iframe',
      ' ',
      '>',
      'x-',
      '\0',
      'a href=',
      '"',
    );
    assert(
      property(array(piece, { maxLength: 60 }), (pieces) => {
        expect(shown(pieces.join(''))).not.to.match(/<\/?(?:link|meta|base|iframe)/i);
      }),
    );
  });
});
