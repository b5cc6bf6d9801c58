/** The name of a stored lane: where its mail was routed to when it was accepted, and whose mail it is. */
export function laneName(upstream: string, client: string): string {
  return `${upstream}\t${client}`;
}

/** The upstream in the name of a lane. */
export function upstreamOf(lane: string): string {
  return lane.slice(0, lane.indexOf('\t'));
}
