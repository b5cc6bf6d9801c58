/**
 * What every answer tells a browser: nothing in it runs, is framed, is sniffed at or is kept. The page, and mail that is shown, have
 * policies of their own, which their routes set over these.
 */
import { isIP } from 'node:net';
import type { RequestHandler } from 'express';
import helmet from 'helmet';

/** For answers of the API: should a browser ever show one as a document, it can do nothing. */
export const API_POLICY =
  "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";

/** The page uses none of what browsers can do beyond showing it, but for copying to the clipboard. */
const PERMISSIONS = [
  'accelerometer',
  'autoplay',
  'browsing-topics',
  'camera',
  'display-capture',
  'encrypted-media',
  'fullscreen',
  'gamepad',
  'geolocation',
  'gyroscope',
  'hid',
  'identity-credentials-get',
  'idle-detection',
  'local-fonts',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'picture-in-picture',
  'publickey-credentials-get',
  'screen-wake-lock',
  'serial',
  'usb',
  'xr-spatial-tracking',
];

/**
 * A month: it holds for all ports of the host name and cannot be taken back, so that an administrator who returns to plain http, or
 * whose certificate breaks, is locked out no longer.
 */
const TRANSPORT_SECURITY = 'max-age=2592000';

/** Sets the headers. `ownTls`: the admin itself speaks https, so that plain http is never wanted again. */
export function securityHeaders(options: { readonly ownTls: boolean }): RequestHandler {
  const setHeaders = helmet({
    contentSecurityPolicy: false,
    strictTransportSecurity: false,
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
  });
  return (request, response, next) => {
    response.set({
      'Cache-Control': 'no-store',
      'Content-Security-Policy': API_POLICY,
      'Permissions-Policy': PERMISSIONS.map((name) => `${name}=()`).join(', '),
    });
    if (options.ownTls && isLastingName(request.hostname)) {
      response.set('Strict-Transport-Security', TRANSPORT_SECURITY);
    }
    setHeaders(request, response, next);
  };
}

/** Names of this machine itself, and addresses, serve other things over plain http too. */
function isLastingName(name: string | undefined): boolean {
  const plain = (name ?? '').replace(/^\[|\]$/g, '').toLowerCase();
  return plain !== '' && plain !== 'localhost' && !plain.endsWith('.localhost') && isIP(plain) === 0;
}
