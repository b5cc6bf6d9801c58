import { connect, createServer, type Socket } from 'node:net';

/**
 * A TCP proxy on 127.0.0.1 that holds every byte back for half a round trip in each direction, without limiting how many
 * are under way: what a distant server looks like from here.
 */
export interface DelayProxy {
  readonly port: number;
  close(): Promise<void>;
}

export async function startDelayProxy(target: number, roundTrip: number): Promise<DelayProxy> {
  const open = new Set<Socket>();
  const server = createServer((near) => {
    // The handshake costs a round trip too: the greeting cannot come sooner.
    setTimeout(() => {
      const far = connect(target, '127.0.0.1');
      for (const socket of [near, far]) {
        open.add(socket);
        socket.setNoDelay(true);
        socket.on('close', () => open.delete(socket));
      }
      passOn(near, far, roundTrip / 2);
      passOn(far, near, roundTrip / 2);
    }, roundTrip / 2);
    near.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close() {
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function passOn(from: Socket, to: Socket, delay: number): void {
  const later = (action: () => void) => setTimeout(() => to.destroyed || action(), delay);
  from.on('data', (bytes) => later(() => to.write(bytes)));
  from.on('end', () => later(() => to.end()));
  from.on('error', () => later(() => to.destroy()));
}
