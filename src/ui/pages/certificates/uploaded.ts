/** A file as the API takes certificates and keys: PEM as it is, all else in base64. */

/** Characters that the API takes of a file. */
const LONGEST = 512 * 1024;
const PIECE = 8192;

/** Undefined where the file is too large to be a certificate. */
export async function uploaded(file: File): Promise<string | undefined> {
  if (file.size > LONGEST * 0.74) return undefined;
  const bytes = new Uint8Array(await file.arrayBuffer());
  const text = new TextDecoder('latin1').decode(bytes);
  if (text.includes('-----BEGIN ')) return text;
  let binary = '';
  for (let start = 0; start < bytes.length; start += PIECE) {
    binary += String.fromCharCode(...bytes.subarray(start, start + PIECE));
  }
  return btoa(binary);
}
