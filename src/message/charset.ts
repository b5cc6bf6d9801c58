/*
 * Bytes to text for people. Total: an unknown charset or broken bytes give replacement characters, never an exception.
 */

/** Decoders that were used; labels come from strangers, so only a few are kept. */
const decoders = new Map<string, TextDecoder>();
const MAX_DECODERS = 32;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Text of bytes in a named charset; unknown names are read as windows-1252, which knows every byte. */
export function decodeCharset(bytes: Uint8Array, charset: string): string {
  return decoderOf(charset).decode(bytes);
}

/** Text of bytes that say nothing about themselves: UTF-8 where they are, else windows-1252. */
export function decodeUnlabelled(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return decoderOf('windows-1252').decode(bytes);
  }
}

/** The same for a string that holds one byte in each character. */
export function decodeLatin1(text: string): string {
  return /[\x80-\xff]/.test(text) ? decodeUnlabelled(Buffer.from(text, 'latin1')) : text;
}

function decoderOf(charset: string): TextDecoder {
  const label = charset.toLowerCase();
  const known = decoders.get(label);
  if (known !== undefined) return known;
  if (decoders.size >= MAX_DECODERS) decoders.clear();
  const decoder = createDecoder(label);
  decoders.set(label, decoder);
  return decoder;
}

function createDecoder(label: string): TextDecoder {
  try {
    return new TextDecoder(label);
  } catch {
    return new TextDecoder('windows-1252');
  }
}
