import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { RelayError } from '../shared/errors.ts';
import { Secret } from '../shared/secret.ts';
import { KEY_LENGTH } from './master-key.ts';

/**
 * Seals secrets for storage and opens them again. What is sealed for one purpose opens for no other, so that a sealed
 * password cannot be put in the place of a token.
 */
export interface Sealer {
  /** Names the key without telling anything about it. */
  readonly keyId: string;
  /** With a `place` it opens in that place only. */
  seal(purpose: SealPurpose, secret: Secret, place?: string): string;
  /** Throws RelayError `secret-unavailable` when it was sealed with another key, for another purpose or place, or was changed. */
  open(purpose: SealPurpose, sealed: string, place?: string): Secret;
  /** Names a text so that equal texts can be told, and nothing can be guessed without the key; another name for each purpose. */
  digest(purpose: DigestPurpose, text: string): string;
}

/** What a sealed text is for. New purposes are added here and never renamed: the names are part of what is sealed. */
export type SealPurpose =
  | 'settings'
  | 'token'
  | 'private-key'
  | 'session'
  | 'second-factor'
  | 'known-browser';

/** What a digest is compared for. */
export type DigestPurpose = 'upstream-test';

const VERSION = 'v1';
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;

/** AES-256-GCM with a random nonce. A sealed text is `v1.KEYID.BASE64URL(nonce, ciphertext, tag)`. */
export function createSealer(key: Buffer): Sealer {
  if (key.length !== KEY_LENGTH) throw new RelayError('configuration', 'the master key is not 32 bytes long');
  const keyId = createHmac('sha256', key).update('postern key id').digest('hex').slice(0, 16);
  const digestKey = createHmac('sha256', key).update('postern digests').digest();
  const context = (purpose: SealPurpose, place?: string) =>
    Buffer.from(`postern\0${VERSION}\0${keyId}\0${purpose}${place === undefined ? '' : `\0${place}`}`);

  return {
    keyId,

    digest: (purpose, text) =>
      createHmac('sha256', digestKey).update(`${purpose}\0${text}`).digest('base64url'),

    seal(purpose, secret, place) {
      const nonce = randomBytes(NONCE_LENGTH);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(context(purpose, place));
      const text = Buffer.concat([cipher.update(secret.reveal(), 'utf8'), cipher.final()]);
      return `${VERSION}.${keyId}.${Buffer.concat([nonce, text, cipher.getAuthTag()]).toString('base64url')}`;
    },

    open(purpose, sealed, place) {
      const bytes = unpack(sealed, keyId);
      const nonce = bytes.subarray(0, NONCE_LENGTH);
      const tag = bytes.subarray(bytes.length - TAG_LENGTH);
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_LENGTH })
          .setAAD(context(purpose, place))
          .setAuthTag(tag);
        const text = decipher.update(bytes.subarray(NONCE_LENGTH, bytes.length - TAG_LENGTH));
        return new Secret(Buffer.concat([text, decipher.final()]).toString('utf8'));
      } catch {
        throw unopened('a stored secret was changed or damaged', 'enter it again');
      }
    },
  };
}

/** The id of the key that a text was sealed with; `undefined` when it is no sealed text. */
export function sealedKeyId(sealed: string): string | undefined {
  return /^v1\.([0-9a-f]{16})\.[\w-]{38,}$/.exec(sealed)?.[1];
}

function unpack(sealed: string, keyId: string): Buffer {
  const sealedWith = sealedKeyId(sealed);
  if (sealedWith === undefined) throw unopened('a stored secret is damaged', 'enter it again');
  if (sealedWith !== keyId) {
    throw unopened(
      `a stored secret was sealed with another master key (${sealedWith}; this one is ${keyId})`,
      'restore the master key that belongs to this store, or enter the secret again',
    );
  }
  return Buffer.from(sealed.slice(sealed.lastIndexOf('.') + 1), 'base64url');
}

function unopened(text: string, hint: string): RelayError {
  return new RelayError('secret-unavailable', text, { hint });
}
