import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { expect } from 'chai';
import { startNetwork } from '../support/network.ts';

describe('createNetwork: interim answers', () => {
  const interim = 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n';
  const final = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}';
  let server: Server | undefined;
  let network: ReturnType<typeof startNetwork> | undefined;
  afterEach(async () => {
    await network?.close();
    server?.close();
  });

  async function ask(answer: string) {
    network = startNetwork();
    server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.write(answer));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    return network.http.send({ method: 'GET', url: `http://127.0.0.1:${port}/`, timeout: 5000 });
  }

  it('are read over where they are few', async () => {
    expect((await ask(interim.repeat(3) + final)).status).to.equal(200);
  });

  it('end the request where they have no end', async () => {
    const failure = await ask(interim.repeat(100)).catch((error: unknown) => error);
    expect(failure).to.include({ code: 'ETOOLARGE', sent: true });
  });
});
