/** The second look at a message: how large its parts are, and the beginnings of those that are shown. Bounded, whatever comes. */
import { createTransferDecoder, type TransferDecoder } from '../message/transfer-decoding.ts';
import { PICTURE_TYPES } from './inert-html.ts';
import type { Leaf } from './leaves.ts';
import { HTML_LIMIT, PICTURE_LIMIT, PICTURES_LIMIT, TEXT_LIMIT } from './limits.ts';

export interface Collected {
  readonly leaf: Leaf;
  /** Bytes without the transfer encoding. */
  readonly size: number;
  /** As much of them as is kept. */
  readonly content: Buffer;
  /** There is more than is kept. */
  readonly cut: boolean;
}

export interface Collector {
  push(piece: Buffer): void;
  end(): readonly Collected[];
}

interface Open {
  readonly leaf: Leaf;
  readonly decoder: TransferDecoder | undefined;
  readonly kept: Buffer[];
  size: number;
  cut: boolean;
}

/** `leaves` in the order of the message. */
export function createCollector(leaves: readonly Leaf[]): Collector {
  const room = { text: TEXT_LIMIT, html: HTML_LIMIT, file: PICTURES_LIMIT };
  const all = leaves.map(
    (leaf): Open => ({ leaf, decoder: createTransferDecoder(leaf.encoding), kept: [], size: 0, cut: false }),
  );
  let offset = 0;
  let first = 0;

  function take(open: Open, bytes: Buffer): void {
    const { leaf } = open;
    const largest = leaf.use === 'file' ? Math.min(PICTURE_LIMIT - open.size, room.file) : room[leaf.use];
    open.size += bytes.length;
    if (leaf.use === 'file' && !isPicture(leaf)) return;
    const fits = Math.max(0, Math.min(bytes.length, largest));
    if (fits < bytes.length) open.cut = true;
    if (fits === 0) return;
    room[leaf.use] -= fits;
    // A copy: what is kept must not keep the whole piece.
    open.kept.push(Buffer.from(bytes.subarray(0, fits)));
  }

  return {
    push(piece) {
      const end = offset + piece.length;
      for (let index = first; index < all.length; index += 1) {
        const open = all[index];
        if (open === undefined || open.leaf.start >= end) break;
        if (open.leaf.end <= offset) {
          if (index === first) first += 1;
          continue;
        }
        const inside = piece.subarray(Math.max(0, open.leaf.start - offset), open.leaf.end - offset);
        take(open, open.decoder?.push(inside) ?? inside);
      }
      offset = end;
    },
    end: () =>
      all.map((open) => {
        take(open, open.decoder?.end() ?? Buffer.alloc(0));
        const { leaf, size, cut } = open;
        return { leaf, size, cut, content: Buffer.concat(open.kept) };
      }),
  };
}

/** A picture that the HTML may show. */
export function isPicture(leaf: Leaf): boolean {
  return leaf.contentId !== undefined && PICTURE_TYPES.has(leaf.contentType);
}
