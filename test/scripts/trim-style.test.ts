import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { expect } from 'chai';
import { transform } from 'esbuild';
import { trimStyle } from '../../scripts/page/trim-style.ts';

describe('the style sheet below ours', () => {
  const cases: readonly (readonly [title: string, before: string, after: string])[] = [
    ['leaves rules as they are', 'a:hover{color:red}', 'a:hover{color:red}'],
    ['drops a selector of what we do not have', 'progress,a{color:red}', 'a{color:red}'],
    ['drops a rule of nothing else', 'a{b:c}progress{b:c}p{b:c}', 'a{b:c}p{b:c}'],
    [
      'keeps an exception for what we do not have',
      'input:not([type=range],[type=file]){b:c}',
      'input:not([type=range],[type=file]){b:c}',
    ],
    ['looks into queries of media', '@media print{progress{b:c}a{b:c}}p{b:c}', '@media print{a{b:c}}p{b:c}'],
    [
      'keeps what stands before the first rule',
      '@charset "UTF-8";progress{b:c}a{b:c}',
      '@charset "UTF-8";a{b:c}',
    ],
    ['keeps what moves', '@keyframes x{from{b:c}to{b:d}}', '@keyframes x{from{b:c}to{b:d}}'],
    [
      'drops settings that nobody asks for, and those that only they asked for',
      ':root{--pico-a:1;--pico-b:var(--pico-c);--pico-c:url("x;y}z");--pico-d:2}p{m:var(--pico-a)}',
      ':root{--pico-a:1;}p{m:var(--pico-a)}',
    ],
  ];
  for (const [title, before, after] of cases) {
    it(title, () => expect(trimStyle(before)).to.equal(after));
  }

  it('keeps settings that our style asks for', () => {
    expect(trimStyle(':root{--pico-a:1}', 'p{m:var(--pico-a)}')).to.equal(':root{--pico-a:1}');
  });

  it('is still a style sheet, and smaller by a third', async () => {
    const file = createRequire(import.meta.url).resolve('@picocss/pico/css/pico.classless.min.css');
    const before = await readFile(file, 'utf8');
    const after = trimStyle(before);
    expect(after.length).to.be.lessThan((before.length * 2) / 3);
    const { warnings } = await transform(after, { loader: 'css', minify: true });
    expect(warnings).to.deep.equal([]);
    for (const kept of ['select', 'textarea', '[type=checkbox]', 'dialog', 'details', 'table', 'fieldset']) {
      expect(after).to.contain(kept);
    }
  });
});
