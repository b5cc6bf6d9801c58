import { expect } from 'chai';
import { conditionsOf, filtersOf, queryOf, searchOf } from '../../../src/ui/pages/messages/filters.ts';
import { type Row, refreshed } from '../../../src/ui/pages/messages/rows.ts';
import { shown, shownLines } from '../../../src/ui/pages/messages/shown.ts';

describe('the search of the messages page', () => {
  for (const search of [
    '',
    '?state=held',
    '?state=open&subject=Toner+%26+paper',
    '?sender=a%40b&recipient=c&device=10.0&client=fax&upstream=office&time=1d',
    '?time=custom&after=2026-11-21T08%3A00',
  ]) {
    it(`keeps ${search || 'nothing'} in the address`, () =>
      expect(searchOf(filtersOf(search))).to.equal(search));
  }

  it('takes links with two states, and forgets what it does not know', () => {
    expect(filtersOf('?state=queued&state=held').state).to.equal('open');
    expect(searchOf(filtersOf('?state=sent&time=ever&x=y'))).to.equal('');
  });

  it('becomes conditions of the API', () => {
    const now = 1_795_000_000_000;
    const query = queryOf(conditionsOf(filtersOf('?state=open&subject=+toner+&time=1h'), now));
    expect(query.toString()).to.equal(
      `subject=toner&state=queued&state=held&acceptedAfter=${now - 3_600_000}`,
    );
    expect(conditionsOf(filtersOf('?time=custom&after=nonsense'), now)).to.deep.equal({});
  });
});

function row(id: string, state: Row['state'] = 'queued'): Row {
  return {
    id,
    state,
    kind: 'mail',
    sender: '',
    recipient: '',
    more: 0,
    subject: '',
    client: '',
    address: '',
    size: 0,
    acceptedAt: 0,
    why: '',
    nextAttemptAt: undefined,
  };
}

describe('rows that are asked for again', () => {
  const rows = ['5', '4', '3', '2', '1'].map((id) => row(id));

  it('change where the answer covers them, go where it has them no more, and stay elsewhere', () => {
    const after = refreshed(rows, [row('4', 'delivered'), row('2')], '4', '2');
    expect(after.map(({ id, state }) => `${id} ${state}`)).to.deep.equal([
      '5 queued',
      '4 delivered',
      '2 queued',
      '1 queued',
    ]);
  });

  it('all stay when the answer covers none', () => {
    expect(refreshed(rows, [], '~', '~')).to.deep.equal(rows);
  });
});

describe('text of strangers on the page', () => {
  it('shows what cannot be seen, or turns the direction of writing, as a box', () => {
    expect(shown('Invoice \u202Efdp.exe')).to.equal('Invoice ▯fdp.exe');
    expect(shown('a\u200bb\u0000c\u2066d\ud800')).to.equal('a▯b▯c▯d\ufffd');
    expect(shown('Grüße 👩‍🔧')).to.contain('Grüße');
    expect(shownLines('one\ttwo\nthree\u202e')).to.equal('one\ttwo\nthree▯');
  });
});
