/*
 * Content-Type and Content-Disposition (RFC 2045 section 5.1, RFC 2183): the value and its parameters, read leniently in one
 * pass, and parameters beyond ASCII written in the form of RFC 2231.
 */

export interface Parameter {
  /** In lower case. */
  readonly name: string;
  /** Without quotes. */
  readonly value: string;
  /** As written, with what is in front of it up to the semicolon. */
  readonly raw: string;
}

export interface ParameterizedValue {
  /** What stands in front of the first semicolon, lower case, without comments. */
  readonly value: string;
  readonly raw: string;
  readonly parameters: readonly Parameter[];
}

const MAX_PARAMETERS = 100;

/** Reads an unfolded field value. */
export function parseParameters(text: string): ParameterizedValue {
  const [first = '', ...rest] = splitAtSemicolons(text);
  const parameters = rest.slice(0, MAX_PARAMETERS).map((raw): Parameter => {
    const equals = raw.indexOf('=');
    const name = equals === -1 ? '' : raw.slice(0, equals);
    const value = raw.slice(equals + 1).trim();
    return { name: name.trim().toLowerCase(), value: unquote(value), raw };
  });
  return {
    value: first
      .replace(/\([^()]*\)/g, '')
      .trim()
      .toLowerCase(),
    raw: first,
    parameters,
  };
}

/** The value of the first parameter of this name (lower case). */
export function parameter(value: ParameterizedValue, name: string): string | undefined {
  return value.parameters.find((each) => each.name === name)?.value;
}

/** The value with each parameter that is not ASCII in the form `name*=utf-8''percent-encoded`. */
export function writeAsciiParameters(value: ParameterizedValue): string {
  const parameters = value.parameters.map(({ name, value: content, raw }) => {
    if (isAsciiText(raw)) return raw.trim();
    return `${name.replace(/[^a-z0-9-]/g, '')}*=utf-8''${percentEncode(content)}`;
  });
  return [value.raw.trim(), ...parameters].join('; ');
}

/** Whether the text has no character above 127. */
export function isAsciiText(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}

function percentEncode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function splitAtSemicolons(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (quoted && character === '\\') index += 1;
    else if (character === '"') quoted = !quoted;
    else if (character === ';' && !quoted) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

function unquote(text: string): string {
  if (!text.startsWith('"')) return text.split(/[\s(]/)[0] ?? '';
  const end = text.length > 1 && text.endsWith('"') ? -1 : text.length;
  return text.slice(1, end).replace(/\\(.)/g, '$1');
}
