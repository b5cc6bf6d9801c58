/**
 * Which passwords are refused although they are long enough: those made of the words that are tried first (NIST SP 800-63B section
 * 3.1.1.2). No signs are demanded. Pure.
 */

/** Tried first, or typed along the keyboard; longer ones in front of those that they hold. */
const COMMON = [
  '1234567890',
  '123456789',
  '12345678',
  'administrator',
  'qwertyuiop',
  'asdfghjkl',
  'qwertzuiop',
  'yxcvbnm',
  'zxcvbnm',
  '1q2w3e4r5t',
  '1qaz2wsx3edc',
  '1qaz2wsx',
  '0987654321',
  '987654321',
  'abcdefghijklmnopqrstuvwxyz',
  'abcdefghijkl',
  'abcdefgh',
  'abcdef',
  'passwort',
  'password',
  'passw0rd',
  'p@ssw0rd',
  'p@ssword',
  'kennwort',
  'iloveyou',
  'letmein',
  'welcome',
  'willkommen',
  'football',
  'baseball',
  'sunshine',
  'princess',
  'superman',
  'dragon',
  'monkey',
  'master',
  'qwerty',
  'qwertz',
  'azerty',
  'changeme',
  'default',
  'secret',
  'geheim',
  'summer',
  'winter',
  'sommer',
  'login',
  'admin',
  'hallo',
  'hello',
  'postern',
  'relay',
  'mail',
  'server',
  '123456',
  '12345',
  '1234',
  'abc123',
  'test',
  'root',
] as const;

/** Different signs that have to be left when common words and the user's own name are taken out. */
const LEAST_SIGNS = 5;

/** Why the password is refused, as it follows "The password …"; undefined when it is good. */
export function passwordFault(
  password: string,
  owner: { readonly name: string; readonly email?: string | undefined },
): string | undefined {
  const plain = password.normalize('NFKC').toLowerCase();
  if (new Set(plain).size < LEAST_SIGNS) return 'repeats a few signs; add different ones';
  const own = [owner.name, ...(owner.email?.split(/[@.]/) ?? []), ...owner.name.split(/[^\p{L}\p{N}]+/u)]
    .map((word) => word.normalize('NFKC').toLowerCase())
    .filter((word) => word.length >= 3)
    .toSorted((a, b) => b.length - a.length);
  if (left(plain, own) < LEAST_SIGNS) return 'is little more than the name of its user; choose another one';
  if (left(plain, [...own, ...COMMON]) < LEAST_SIGNS) {
    return 'is made of words that are tried first; choose a less usual one, such as four words that do not belong together';
  }
  return undefined;
}

/** How many different letters and digits there are beside these words. */
function left(text: string, words: readonly string[]): number {
  let rest = text;
  for (const word of words) rest = rest.replaceAll(word, ' ');
  return new Set(rest.replaceAll(/[^\p{L}\p{N}]/gu, '')).size;
}
