import type { Leaf } from './leaves.ts';

/** What is wanted of a message: where its parts are; what it says; or its HTML as a page. */
export type Wanted = 'leaves' | 'content' | 'html';

/** To the thread. A message comes in pieces, and once more where a second look is asked for. */
export type Request =
  | { readonly kind: 'begin'; readonly wanted: Wanted }
  | { readonly kind: 'piece'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' };

/** A file of the message. */
export interface FilePart extends Leaf {
  /** Bytes without the transfer encoding; those with it where nobody has counted. */
  readonly size: number;
}

/** What was found. */
export interface Dissection {
  readonly files: readonly FilePart[];
  readonly hasHtml: boolean;
  readonly text?: string;
  /** The page, in UTF-8. */
  readonly page?: string;
  /** Something was too large or too broken. */
  readonly incomplete: boolean;
}

/** From the thread. */
export type Reply =
  /** The piece is used up. */
  | { readonly kind: 'more' }
  /** After the first look: what is known already; the second look begins. */
  | { readonly kind: 'again'; readonly known: Dissection }
  | { readonly kind: 'done'; readonly dissection: Dissection };
