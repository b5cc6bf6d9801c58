/**
 * HTML of a stranger as a page of its own. That it can do nothing is the work of the policy that it is served with
 * (see HTML_POLICY): no scripts, no forms, no requests, whatever it says. What is done here beyond that closes what the policy does not
 * reach: elements that browsers connect to other machines for although nothing is loaded, and links. Pure, linear, total.
 */
import { SHOWN_PICTURES_LIMIT } from './limits.ts';

/** The policy of the page. `sandbox` without a word behind it: no scripts, forms, windows, and an origin of its own. */
export const HTML_POLICY =
  "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/** A picture inside the message. */
export interface Picture {
  readonly contentType: string;
  readonly content: Uint8Array;
}

/** Pictures that are shown: they can hold nothing but a picture. */
export const PICTURE_TYPES: ReadonlySet<string> = new Set([
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/bmp',
]);

/**
 * Elements that must not come to be: without their names in the text none is made, whatever the markup around them. `link` makes
 * browsers look up and connect to other machines ahead of time, `meta` goes elsewhere, `base` turns all addresses, frames hold
 * documents that were not looked at.
 */
const FORBIDDEN = /<(\/?)(link|meta|base|i?frame|frameset|object|embed|applet|portal|fencedframe|dialog)/gi;

/** A start tag of a link; without `<` in it, so that looking for its end takes no longer than the text is long. */
const LINK = /<(?:a|area)(?=[\s/])[^<>]{0,8192}>/gi;
const ADDRESS = /([\s/"'])(?:xlink:)?href(?=[\s]*=)/gi;

const CONTENT_ID = /\bcid:([^'"\s)>]{1,256})/gi;

const START = `<!DOCTYPE html><html><head><meta charset="utf-8"><base target="_blank"><title></title><style>
html{color-scheme:light;background:#fff;color:#000}body{margin:8px;font-family:sans-serif;overflow-wrap:anywhere}img{max-width:100%}
a[title],area[title]{color:#0645ad;text-decoration:underline;cursor:help}</style></head><body>
`;

/** The page, in UTF-8. Where links lead is shown over them, and that is all they do. */
export function inertHtml(html: string, pictures: ReadonlyMap<string, Picture>): string {
  const inert = html.replace(FORBIDDEN, '<$1x-$2').replace(LINK, (tag) => tag.replace(ADDRESS, '$1title'));
  return START + withPictures(inert, pictures);
}

function withPictures(html: string, pictures: ReadonlyMap<string, Picture>): string {
  if (pictures.size === 0) return html;
  const addresses = new Map<string, string>();
  let room = SHOWN_PICTURES_LIMIT;
  return html.replace(CONTENT_ID, (reference, id: string) => {
    const picture = pictures.get(id) ?? pictures.get(unescaped(id));
    if (picture === undefined || !PICTURE_TYPES.has(picture.contentType)) return reference;
    const address = addresses.get(id) ?? dataAddress(picture);
    if (address.length > room) return reference;
    room -= address.length;
    addresses.set(id, address);
    return address;
  });
}

function dataAddress({ contentType, content }: Picture): string {
  return `data:${contentType};base64,${Buffer.from(content).toString('base64')}`;
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('&amp;', '&'));
  } catch {
    return text;
  }
}
