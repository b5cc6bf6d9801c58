/** How far the body of a request has come; what a failed request means depends on it. */
export interface BodyProgress {
  /** The first piece was asked for: there was a connection. */
  begun: boolean;
  /** The last piece was handed out, so that the server may have the whole request. */
  ended: boolean;
  /** The last piece was kept back because the message is another node's by now. */
  letGo: boolean;
  /** The body could not be read, or did not have the size that was announced: a fault of ours. */
  fault?: unknown;
}

export function newProgress(): BodyProgress {
  return { begun: false, ended: false, letGo: false };
}

/**
 * The pieces of a request's body. The last one goes out only when all before it had the announced size and `mayFinish` agrees; otherwise the
 * stream breaks off, and the server never has a whole request.
 */
export async function* guardedBody(
  pieces: AsyncIterable<Buffer>,
  size: number,
  progress: BodyProgress,
  mayFinish: (() => boolean) | undefined,
): AsyncGenerator<Buffer> {
  progress.begun = true;
  let sent = 0;
  let waiting: Buffer | undefined;
  try {
    for await (const piece of pieces) {
      if (waiting) yield waiting;
      waiting = piece;
      sent += piece.length;
      if (sent > size) break;
    }
    if (sent !== size) throw new Error(`A request's body has ${sent} bytes instead of ${size}.`);
  } catch (error) {
    progress.fault = error;
    throw error;
  }
  if (mayFinish?.() === false) {
    progress.letGo = true;
    throw new Error('Another node has taken the message.');
  }
  // Before the yield, as nobody tells us how far it got: called in doubt without need costs a line in the journal.
  progress.ended = true;
  if (waiting) yield waiting;
}
