import { expect } from 'chai';
import type { MessageBody } from '../../src/message/envelope.ts';
import { bodyOf, closeAll, DEFAULT_TEXT, deliver, message, startUpstream, summary, to } from './support.ts';

/** A body that can be read `times` times, and then no more: the store has gone. */
function readableTimes(times: number): MessageBody {
  const body = bodyOf(DEFAULT_TEXT);
  let read = 0;
  return {
    size: body.size,
    async *chunks() {
      read += 1;
      if (read > times) throw new Error('the store has gone');
      yield* body.chunks();
    },
  };
}

describe('a message that a part of its recipients have got', () => {
  afterEach(closeAll);

  it('is not sent to them again when its content cannot be read for the others', async () => {
    const { server, upstreams } = await startUpstream({}, { limits: { recipientsPerMessage: 2 } });
    const sent = message({ body: readableTimes(1) });
    const { outcome } = await deliver(upstreams, sent, to('a@x.test', 'b@x.test', 'c@x.test'));
    expect(summary(outcome)).to.equal('delivered, delivered, deferred busy');
    expect(server.transactions).to.have.length(1);
    expect(upstreams.status()[0]?.connections).to.equal(0);
  });

  it('is not sent to them again when it cannot be rewritten for the others', async () => {
    const { server, upstreams } = await startUpstream(
      {
        script: {
          rcpt: ({ line }: { line: string }) =>
            line.includes('b@')
              ? { reply: '553 5.7.1 Sender address rejected: not owned by user relay' }
              : undefined,
        },
      },
      { from: { address: 'relay@example.com', rewrite: 'if-refused' } },
    );
    const sent = message({ body: readableTimes(1) });
    const { outcome } = await deliver(upstreams, sent, to('a@x.test', 'b@x.test'));
    expect(summary(outcome)).to.equal('delivered, deferred busy');
    expect(server.transactions).to.have.length(1);
  });

  it('is not ended when it is another node’s by then', async () => {
    const { server, upstreams } = await startUpstream();
    const { outcome } = await deliver(upstreams, message({ mayFinish: () => false }));
    expect(summary(outcome)).to.equal('deferred busy');
    expect(server.transactions).to.have.length(0);
    expect(summary((await deliver(upstreams)).outcome)).to.equal('delivered');
  });
});
