import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** A connection of which only so many bytes are read, and which somebody reads along. More than that ends it with `ETOOLARGE`. */
export class CountedSocket extends Duplex {
  readonly #socket: Socket;
  #left: number;

  constructor(socket: Socket, most: number, onRead: (piece: Buffer) => void) {
    super({ allowHalfOpen: false });
    this.#socket = socket;
    this.#left = most;
    socket.on('data', (piece: Buffer) => {
      this.#left -= piece.length;
      if (this.#left < 0) {
        this.destroy(Object.assign(new Error('the server sends too much'), { code: 'ETOOLARGE' }));
        return;
      }
      onRead(piece);
      if (!this.push(piece)) socket.pause();
    });
    socket.on('end', () => this.push(null));
    socket.on('close', () => this.destroy());
    socket.on('error', (error) => this.destroy(error));
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(piece: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(piece, done);
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}
