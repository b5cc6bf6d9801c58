/** Characters that are looked at together, and bits of the table that says which are in a secret. */
const GRAM = 4;
const BITS = 1 << 17;

const finders = new WeakMap<readonly string[], (word: string) => boolean>();

/**
 * Says whether a word is a piece of one of these texts, in capitals or not. Tokens have thousands of characters and every reply of a
 * connection is looked through for them, so a table rules most words out at once; it is made once for each array.
 */
export function isPieceOf(hidden: readonly string[], word: string): boolean {
  let finder = finders.get(hidden);
  if (finder === undefined) {
    finder = createFinder(hidden);
    finders.set(hidden, finder);
  }
  return finder(word.toLowerCase());
}

function createFinder(hidden: readonly string[]): (word: string) => boolean {
  // No word holds the separator.
  const text = hidden.join('\n').toLowerCase();
  const table = new Uint8Array(BITS / 8);
  for (let start = 0; start + GRAM <= text.length; start += 1) {
    const bit = gramAt(text, start);
    table[bit >> 3] = (table[bit >> 3] ?? 0) | (1 << (bit & 7));
  }
  const isKnown = (bit: number): boolean => ((table[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0;
  return (word) => {
    for (let start = 0; start + GRAM <= word.length; start += 1) {
      if (!isKnown(gramAt(word, start))) return false;
    }
    return text.includes(word);
  };
}

function gramAt(text: string, start: number): number {
  let bit = 0;
  for (let offset = 0; offset < GRAM; offset += 1)
    bit = (Math.imul(bit, 0x9e3779b1) + text.charCodeAt(start + offset)) | 0;
  return (bit ^ (bit >>> 15)) & (BITS - 1);
}
