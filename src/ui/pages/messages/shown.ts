/** Text of strangers: what cannot be seen, or turns the direction of writing, is shown as a box, so that nothing looks like what it is not. */
const UNSEEN = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u206f\u061c\ufeff\ufff9-\ufffb]/gu;

/** On one line. */
export function shown(text: string): string {
  return text.replace(UNSEEN, '▯').toWellFormed();
}

/** Lines and tabs stay. */
export function shownLines(text: string): string {
  return text
    .split('\n')
    .map((line) => line.split('\t').map(shown).join('\t'))
    .join('\n');
}
