/**
 * Where log lines are written: one write at a time in the background, the rest waits in bounded memory. A slow reader, a
 * full disk or a closed pipe costs lines, which are counted, and neither the process nor its time. (sonic-boom, which pino
 * brings, tries for ever at the end when the disk is full.)
 */
import { openSync, write, writeSync } from 'node:fs';
import { errorCode, RelayError } from '../shared/errors.ts';

/** Bytes of lines that may wait. */
const MAX_WAITING = 8 * 1024 * 1024;
/** Bytes of one write. */
const MAX_WRITE = 256 * 1024;
/** Milliseconds until a full pipe, and anything else that failed, is tried again. */
const RETRY_PIPE = 20;
const RETRY_OTHER = 1000;
/** Milliseconds that the last flush takes at most. */
const MAX_FLUSH = 2000;

export interface LogDestination {
  /** Never throws, never waits. */
  write(line: string): void;
  /** Lines that were given up. */
  dropped(): number;
  /** Writes what waits, now; for the end of the process. */
  flush(): void;
}

/** Opens a file for appending, or takes a file descriptor. Throws RelayError `configuration`. */
export function openLogDestination(target: number | string): LogDestination {
  const fd = typeof target === 'number' ? target : openFile(target);
  // Makes a pipe non-blocking, so that one that nobody reads holds no thread of ours.
  if (fd === 1) void process.stdout.writable;
  const lines: string[] = [];
  let waiting = 0;
  let dropped = 0;
  let current: Buffer | undefined;
  let closed = false;
  let busy = false;
  let inFlight = false;

  function next(): void {
    current ??= take();
    if (current === undefined || closed) {
      busy = false;
      return;
    }
    busy = true;
    inFlight = true;
    write(fd, current, (error, written) => {
      inFlight = false;
      if (error) failed(errorCode(error));
      else advance(written);
    });
  }
  function take(): Buffer | undefined {
    if (lines.length === 0) return undefined;
    let count = 0;
    for (let size = 0; count < lines.length && size < MAX_WRITE; count += 1)
      size += lines[count]?.length ?? 0;
    const text = lines.splice(0, count).join('');
    waiting -= text.length;
    return Buffer.from(text);
  }
  function advance(written: number): void {
    current = current !== undefined && written < current.length ? current.subarray(written) : undefined;
    next();
  }
  function failed(code: string | undefined): void {
    if (code === 'EPIPE' || code === 'EBADF') {
      closed = true;
      dropped += lines.length;
      lines.length = 0;
      waiting = 0;
      busy = false;
      return;
    }
    setTimeout(next, code === 'EAGAIN' ? RETRY_PIPE : RETRY_OTHER).unref();
  }
  return {
    write(line) {
      if (closed || waiting + line.length > MAX_WAITING) {
        dropped += 1;
        return;
      }
      lines.push(line);
      waiting += line.length;
      // In the next turn: what is logged together is written together.
      if (!busy) {
        busy = true;
        setImmediate(next);
      }
    },
    dropped: () => dropped,
    flush() {
      const deadline = performance.now() + MAX_FLUSH;
      // What is being written in the background is not touched: it is on its way and would be written twice.
      let rest = inFlight ? take() : (current ?? take());
      if (!inFlight) current = undefined;
      for (; rest !== undefined && !closed; rest = take()) if (!writeNow(fd, rest, deadline)) return;
    },
  };
}

/** False when it could not be written in time. */
function writeNow(fd: number, bytes: Buffer, deadline: number): boolean {
  let rest = bytes;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      if (errorCode(error) !== 'EAGAIN' || performance.now() > deadline) return false;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_PIPE);
    }
  }
  return true;
}

function openFile(path: string): number {
  try {
    return openSync(path, 'a', 0o640);
  } catch (error) {
    throw new RelayError('configuration', `The log ${path} cannot be written (${errorCode(error)}).`, {
      cause: error,
    });
  }
}
