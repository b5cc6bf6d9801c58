import { expect } from 'chai';
import type { AcceptedEnvelope } from '../../src/queue/accepting.ts';
import { ChunkWriter, type WrittenBody } from '../../src/queue/writer.ts';
import { RelayError } from '../../src/shared/errors.ts';

const accepted = {} as AcceptedEnvelope;
const CHUNK = 256 * 1024;

function create(options: { failChunk?: number; refuse?: boolean; room?: number } = {}) {
  const chunks = new Map<number, Buffer>();
  const seen: { body?: WrittenBody; discarded: number; receiving: number; storing: number } = {
    discarded: 0,
    receiving: 0,
    storing: 0,
  };
  const writer = new ChunkWriter(
    'ID',
    {
      writeChunk: async (_, number, data) => {
        if (number === options.failChunk) throw new RelayError('store-full', 'no space');
        chunks.set(number, Buffer.from(data));
      },
      discardChunks: async () => {
        seen.discarded += 1;
      },
    },
    async (body) => {
      if (options.refuse) throw new RelayError('store-unavailable', 'gone');
      seen.body = body;
      return { id: 'ID', text: 'Queued as ID' };
    },
    {
      receiving: (bytes) => {
        seen.receiving += bytes;
      },
      storing: (bytes) => {
        seen.storing += bytes;
      },
      isFull: () => seen.storing >= (options.room ?? Number.POSITIVE_INFINITY),
    },
  );
  const whole = () =>
    Buffer.concat([
      ...[...chunks].toSorted(([a], [b]) => a - b).map(([, data]) => data),
      ...(seen.body?.rest ?? []),
    ]);
  return { writer, chunks, seen, whole };
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('should have failed'),
    (error: unknown) => error,
  );
}

describe('the writer of a message', () => {
  it('keeps a small message in memory until its commit', async () => {
    const { writer, chunks, seen, whole } = create();
    expect(writer.write(Buffer.from('one '))).to.equal(undefined);
    expect(writer.write(Buffer.from('two'))).to.equal(undefined);
    await writer.commit(accepted);
    expect(chunks.size).to.equal(0);
    expect(whole().toString()).to.equal('one two');
    expect(seen.body).to.include({ size: 7, stored: 0 });
    expect(seen.receiving).to.equal(0);
  });

  for (const size of [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 5]) {
    it(`stores ${size} bytes in pieces of at most a chunk, whatever pieces they come in`, async () => {
      const bytes = Buffer.alloc(size, 'abcdefghij');
      for (const piece of [1000, 65_536, 700_000]) {
        const { writer, seen, whole } = create();
        for (let start = 0; start < size; start += piece)
          await writer.write(bytes.subarray(start, start + piece));
        await writer.commit(accepted);
        expect(whole().equals(bytes)).to.equal(true);
        expect(seen.body?.rest).to.have.length(1);
        expect(seen.body?.rest[0]?.length).to.be.at.most(CHUNK);
        expect(seen.receiving).to.equal(0);
      }
    });
  }

  it('says that the store is full, and takes back what it had stored', async () => {
    const { writer, seen } = create({ failChunk: 1 });
    const error = await failure(
      (async () => {
        for (let piece = 0; piece < 20; piece += 1) await writer.write(Buffer.alloc(CHUNK));
        await writer.commit(accepted);
      })(),
    );
    expect(error).to.be.instanceOf(RelayError).with.property('code', 'store-full');
    await writer.abort();
    expect(seen.discarded).to.equal(1);
    expect(seen.receiving).to.equal(0);
  });

  it('takes back everything when the commit fails', async () => {
    const { writer, seen } = create({ refuse: true });
    await writer.write(Buffer.alloc(2 * CHUNK));
    expect(await failure(writer.commit(accepted))).to.have.property('code', 'store-unavailable');
    expect(seen.discarded).to.equal(1);
  });

  it('ends a write that waits for the store when the client goes away meanwhile', async () => {
    const { writer, chunks, seen } = create();
    const writing = writer.write(Buffer.alloc(10 * CHUNK));
    await writer.abort();
    await writing;
    expect(chunks.size).to.be.at.most(3);
    expect(seen.receiving).to.equal(0);
    expect(writer.write(Buffer.alloc(CHUNK))).to.equal(undefined);
    expect(seen.receiving).to.equal(0);
  });

  it('collects nothing more after a failure', async () => {
    const { writer, seen } = create({ failChunk: 0 });
    await failure(Promise.resolve(writer.write(Buffer.alloc(3 * CHUNK))));
    const before = seen.receiving;
    for (let piece = 0; piece < 10; piece += 1) {
      const error = await failure(Promise.resolve(writer.write(Buffer.alloc(100))));
      expect(error).to.have.property('code', 'store-full');
    }
    expect(seen.receiving).to.equal(before);
  });

  it('leaves nothing behind when the client goes away', async () => {
    const { writer, seen } = create();
    await writer.write(Buffer.alloc(3 * CHUNK));
    await writer.abort();
    await writer.abort();
    expect(seen).to.deep.equal({ discarded: 1, receiving: 0, storing: 0 });
  });

  it('counts what is stored before it is accepted, and no longer when it is', async () => {
    const { writer, seen } = create();
    for (let piece = 0; piece < 4; piece += 1) await writer.write(Buffer.alloc(CHUNK));
    expect(seen.storing).to.equal(3 * CHUNK);
    await writer.commit(accepted);
    expect(seen.storing).to.equal(0);
  });

  it('stores no more of a message that does not end when there is no room left', async () => {
    const { writer, chunks, seen } = create({ room: 5 * CHUNK });
    const endless = async () => {
      for (let piece = 0; piece < 100; piece += 1) await writer.write(Buffer.alloc(CHUNK));
    };
    expect(await failure(endless())).to.have.property('code', 'store-full');
    expect(chunks.size).to.equal(5);
    await writer.abort();
    expect(seen).to.deep.equal({ discarded: 1, receiving: 0, storing: 0 });
  });
});
