import { plainText } from './plain-text.ts';

/** What names are compared by: small and large letters, and the several ways to write one sign, are the same. */
export function nameKey(name: string): string {
  return plainText(name).normalize('NFKC').toLowerCase();
}
