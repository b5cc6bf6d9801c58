/** How much of a message is taken apart. What is beyond is left out, and the answer says so; the raw message has all of it. */

/** Parts of a message, and how deep they stand in each other. */
export const MIME_LIMITS = { parts: 1_000, depth: 100 } as const;

/** Bytes of text, and of HTML, that are shown. */
export const TEXT_LIMIT = 1024 * 1024;
export const HTML_LIMIT = 2 * 1024 * 1024;

/** Longer HTML is not turned into text where a message has no other, in characters. */
export const CONVERTED_LIMIT = 512 * 1024;

/** Parts that a text is put together from. */
export const TEXT_PARTS = 20;

/** Bytes of pictures inside the HTML: of one, of all, and of all places where they are shown together. */
export const PICTURE_LIMIT = 2 * 1024 * 1024;
export const PICTURES_LIMIT = 8 * 1024 * 1024;
export const SHOWN_PICTURES_LIMIT = 16 * 1024 * 1024;

/** Header fields that are shown, and characters of each. */
export const FIELDS = 500;
export const FIELD_LENGTH = 8_000;
