/** Codes of an authenticator app (TOTP, RFC 6238: SHA-1, six digits, 30 seconds, which is what all apps know). */
import { Secret as OtpSecret, TOTP } from 'otpauth';
import { encode } from 'uqr';
import type { Clock } from '../shared/clock.ts';
import type { Random } from '../shared/random.ts';

const PERIOD = 30;
const DIGITS = 6;
/** 160 bits, as RFC 4226 section 4 recommends. */
const SECRET_LENGTH = 20;
/** Steps that a clock may be off, to either side (RFC 6238 section 5.2). */
const WINDOW = 1;
const SECRET = /^[A-Z2-7]{32}$/;

/** What an authenticator app needs. */
export interface Enrolment {
  /** Base 32. */
  readonly secret: string;
  readonly uri: string;
  /** Rows of the QR code; `1` is dark. */
  readonly qr: readonly string[];
}

export interface SecondFactor {
  /** A new secret; `account` is what the app shows. */
  make(account: string): Enrolment;
  /** The step that a code belongs to; undefined when it is wrong now. */
  step(secret: string, code: string): number | undefined;
}

export function createSecondFactor(deps: { readonly clock: Clock; readonly random: Random }): SecondFactor {
  const { clock, random } = deps;
  return {
    make(account) {
      const bytes = Uint8Array.from(random.bytes(SECRET_LENGTH));
      const totp = new TOTP({
        issuer: 'Postern',
        label: account,
        algorithm: 'SHA1',
        digits: DIGITS,
        period: PERIOD,
        secret: new OtpSecret({ buffer: bytes.buffer }),
      });
      const uri = totp.toString();
      // Four rows of light around it, as ISO/IEC 18004 asks for.
      const { data } = encode(uri, { ecc: 'M', border: 4 });
      return {
        secret: totp.secret.base32,
        uri,
        qr: data.map((row) => row.map((dark) => (dark ? '1' : '0')).join('')),
      };
    },

    step(secret, code) {
      if (!SECRET.test(secret)) return undefined;
      const timestamp = clock.now();
      const delta = TOTP.validate({
        token: code.replaceAll(' ', ''),
        secret: OtpSecret.fromBase32(secret),
        algorithm: 'SHA1',
        digits: DIGITS,
        period: PERIOD,
        timestamp,
        window: WINDOW,
      });
      return delta === null ? undefined : TOTP.counter({ period: PERIOD, timestamp }) + delta;
    },
  };
}
