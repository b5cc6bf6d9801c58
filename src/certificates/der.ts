/**
 * As much of DER (ITU-T X.690) as it takes to tell files apart: tags and lengths, never what they hold. Pure, bounded, and
 * content with any bytes.
 */

/** One element: where its content begins and ends. */
export interface DerElement {
  readonly tag: number;
  readonly start: number;
  /** Behind the last byte, as the element itself says; may lie behind the end of what is there. */
  readonly end: number;
}

const LONG_FORM = 0x80;
const MOST_ELEMENTS = 20;

/** The element that begins at `offset`; undefined where none does, or its length is not said (BER). */
export function derElement(bytes: Buffer, offset = 0): DerElement | undefined {
  const tag = bytes[offset];
  const first = bytes[offset + 1];
  if (tag === undefined || first === undefined) return undefined;
  if (first < LONG_FORM) return { tag, start: offset + 2, end: offset + 2 + first };
  const count = first - LONG_FORM;
  if (count === 0 || count > 4 || offset + 2 + count > bytes.length) return undefined;
  const start = offset + 2 + count;
  return { tag, start, end: start + bytes.readUIntBE(offset + 2, count) };
}

/** The elements inside one, the first few of them. */
export function derChildren(bytes: Buffer, parent: DerElement | undefined): readonly DerElement[] {
  const found: DerElement[] = [];
  if (parent === undefined) return found;
  let offset = parent.start;
  while (offset < Math.min(parent.end, bytes.length) && found.length < MOST_ELEMENTS) {
    const child = derElement(bytes, offset);
    if (child === undefined) break;
    found.push(child);
    offset = child.end;
  }
  return found;
}

/** The bytes of an element, its tag and length left out. */
export function derContent(bytes: Buffer, element: DerElement | undefined): Buffer {
  return element === undefined ? Buffer.alloc(0) : bytes.subarray(element.start, element.end);
}
