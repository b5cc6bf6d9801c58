import { expect } from 'chai';
import { assert, property, string } from 'fast-check';
import { downloadHeaders, safeFileName } from '../../src/inbox/file-download.ts';

describe('a part as a file', () => {
  const names: readonly [given: string, safe: string][] = [
    ['report.pdf', 'report.pdf'],
    ['Grüße aus Köln.pdf', 'Grüße aus Köln.pdf'],
    ['../../etc/passwd', '_.._etc_passwd'],
    ['C:\\Windows\\win.ini', 'C_Windows_win.ini'],
    ['.bashrc', 'bashrc'],
    ['invoice\u202Efdp.exe', 'invoice fdp.exe'],
    ['a\r\nSet-Cookie: x', 'a Set-Cookie_ x'],
    ['a"; filename=b', 'a_; filename=b'],
    ['CON. . ', 'CON'],
    ['\ud800.txt', '\ufffd.txt'],
    ['', ''],
    [`${'x'.repeat(300)}.pdf`, `${'x'.repeat(146)}.pdf`],
  ];
  for (const [given, safe] of names) {
    it(`is named ${JSON.stringify(safe).slice(0, 40)}`, () => expect(safeFileName(given)).to.equal(safe));
  }

  it('says its name twice, for old programs and for new ones', () => {
    const headers = downloadHeaders('application/pdf', 'Grüße (1).pdf', 'x.bin');
    expect(headers['Content-Disposition']).to.equal(
      'attachment; filename="Gru_e (1).pdf"; filename*=UTF-8\'\'Gr%C3%BC%C3%9Fe%20%281%29.pdf',
    );
  });

  it('has a type only where that is harmless', () => {
    for (const [given, type] of [
      ['image/png', 'image/png'],
      ['text/html', 'application/octet-stream'],
      ['image/svg+xml', 'application/octet-stream'],
      ['text/xml', 'application/octet-stream'],
      ['application/x-msdownload', 'application/octet-stream'],
    ]) {
      expect(downloadHeaders(given ?? '', undefined, 'x.bin')).to.include({
        'Content-Type': type,
        'X-Content-Type-Options': 'nosniff',
      });
    }
  });

  it('never breaks out of its header, whatever its name', () => {
    assert(
      property(string({ unit: 'binary' }), (name) => {
        const disposition = downloadHeaders('a/b', name, 'x.bin')['Content-Disposition'] ?? '';
        expect(disposition).to.match(
          /^attachment; filename="[\x20-\x21\x23-\x5b\x5d-\x7e]+"; filename\*=UTF-8''[\w.!~%-]+$/,
        );
      }),
    );
  });
});
