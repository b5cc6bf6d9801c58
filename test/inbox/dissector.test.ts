import { expect } from 'chai';
import { createDissector, type Dissector } from '../../src/inbox/dissector.ts';
import type { MessageBody } from '../../src/message/envelope.ts';
import { memoryBody } from '../../src/queue/body.ts';
import { type Clock, systemClock } from '../../src/shared/clock.ts';
import { RelayError } from '../../src/shared/errors.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { recordLog } from '../support/recorded-log.ts';
import { until } from '../support/until.ts';

const SMALL = memoryBody(Buffer.from('Subject: x\r\n\r\nlow'));

describe('taking messages apart in a thread', () => {
  let dissector: Dissector;
  afterEach(() => dissector.close());

  function create(clock: Clock = systemClock): ReturnType<typeof recordLog> {
    const log = recordLog();
    dissector = createDissector({ clock, log: log.log });
    return log;
  }

  it('answers one after the other, whatever is wanted of each', async () => {
    create();
    const answers = await Promise.all([
      dissector.dissect(SMALL, 'content'),
      dissector.dissect(memoryBody(Buffer.from('Content-Type: text/html\r\n\r\n<b>x')), 'html'),
      dissector.dissect(SMALL, 'leaves'),
    ]);
    expect(answers.map(({ text, hasHtml, incomplete }) => [text, hasHtml, incomplete])).to.deep.equal([
      ['low', false, false],
      [undefined, true, false],
      [undefined, false, false],
    ]);
    expect(answers[1]?.page).to.contain('<b>x');
  });

  it('gives up what takes too long, says what it knows by then, and goes on with the next', async () => {
    const clock = new ManualClock();
    const log = create(clock);
    const slow: MessageBody = {
      size: 1,
      async *chunks() {
        yield Buffer.from('Content-Type: text/html\r\n\r\nx');
        await new Promise(() => undefined);
      },
    };
    const answer = dissector.dissect(slow, 'content');
    await until(() => clock.pending > 0, 'the deadline runs');
    clock.advance(10_000);
    expect(await answer).to.deep.equal({
      files: [],
      hasHtml: false,
      incomplete: true,
    });
    expect(log.text()).to.contain('A message could not be taken apart completely');
    expect(await dissector.dissect(SMALL, 'leaves')).to.include({ incomplete: false });
  });

  it('says what the store says, and goes on with the next', async () => {
    create();
    const gone: MessageBody = {
      size: 1,
      async *chunks() {
        yield Buffer.from('Subject: x\r\n');
        throw new RelayError('not-found', 'gone');
      },
    };
    const error = await dissector.dissect(gone, 'content').catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(RelayError).and.include({ code: 'not-found' });
    expect(await dissector.dissect(SMALL, 'content')).to.include({ text: 'low' });
  });

  it('lets only so many wait', async () => {
    create();
    const all = await Promise.allSettled(
      Array.from({ length: 40 }, () => dissector.dissect(SMALL, 'leaves')),
    );
    expect(all.filter(({ status }) => status === 'fulfilled')).to.have.length(32);
    expect(await dissector.dissect(SMALL, 'leaves')).to.include({ incomplete: false });
  });

  it('takes nothing more once it is closed', async () => {
    create();
    await dissector.close();
    const error = await dissector.dissect(SMALL, 'leaves').catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: 'stopping' });
  });
});
