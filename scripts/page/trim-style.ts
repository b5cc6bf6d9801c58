/** Takes out of a style sheet what no element of ours has. Pure. */

/** Kinds of elements of Pico that the page does not use; groups of inputs would even catch `role="group"` of ours. */
const UNUSED =
  /\[role=(?:group|search|switch)\]|:host|\[type=(?:range|color|date|datetime-local|month|time|week)\]|progress|\[data-tooltip|\.dropdown|nav details|details\.dropdown|hgroup|figure|figcaption|blockquote|\bins\b|\bdel\b|\bkbd\b|\bmark\b|\bsvg:not|\bgrid\b|aria-label=breadcrumb|\barticle\b|rel=prev|nav li (?:\[|button|input|select|summary)/;
/** Rules without a block of rules in them. */
const RULE = /([^{}]+)\{([^{}]*)\}/g;

/** A custom property that is set; values in quotes may hold anything. */
const SETTING = /(--pico-[\w-]+):(?:"[^"]*"|[^;}"])*;?/g;
/** Settings are used by settings; this many times over at most. */
const ROUNDS = 10;

/**
 * The same style sheet, minified as it was, without the selectors that match nothing and the custom properties that neither it nor
 * `ours`, the style that lies above it, asks for.
 */
export function trimStyle(css: string, ours = ''): string {
  let trimmed = withoutSelectors(css);
  for (let round = 0; round < ROUNDS; round += 1) {
    const used = new Set([...(trimmed + ours).matchAll(/var\(\s*(--pico-[\w-]+)/g)].map(([, name]) => name));
    const next = trimmed.replace(SETTING, (whole, name: string) => (used.has(name) ? whole : ''));
    if (next === trimmed) break;
    trimmed = next;
  }
  return trimmed;
}

function withoutSelectors(css: string): string {
  return css.replace(RULE, (whole, before: string, declarations: string) => {
    const head = /^(?:[^;]*;)*/.exec(before)?.[0] ?? '';
    const selectors = before.slice(head.length);
    if (selectors.startsWith('@') || selectors === '' || /^(?:from|to|[\d.]+%)/.test(selectors)) return whole;
    const kept = splitSelectors(selectors).filter(
      (selector) => !UNUSED.test(selector.replace(/:not\([^()]*\)/g, '')),
    );
    return kept.length === 0 ? head : `${head}${kept.join(',')}{${declarations}}`;
  });
}

/** At commas, but not at those in parentheses. */
function splitSelectors(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '(') depth += 1;
    else if (text[at] === ')') depth -= 1;
    else if (text[at] === ',' && depth === 0) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return [...parts, text.slice(from)];
}
