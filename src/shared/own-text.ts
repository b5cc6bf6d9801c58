/**
 * The same text in memory of its own. A piece that is cut out of a text keeps the whole text alive for as long as it
 * lives itself; what is kept of a stranger's line (an address in the queue, say) must not keep the line.
 */
export function ownText(text: string): string {
  return Buffer.from(text).toString();
}
