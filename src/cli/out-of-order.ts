import type { UpstreamAnswer } from '../admin/contract.ts';
import { ownCommand } from '../shared/own-commands.ts';
import { localTime } from './output.ts';

/** Why the mail of an upstream waits, what to do, and when it is tried again. Pure; the lines are not yet made safe. */
export function outOfOrderLines(upstream: UpstreamAnswer): readonly string[] {
  const { name, circuit, reason, text, remedy, nextProbeAt } = upstream;
  return [
    `Upstream ${name} is out of order${reason === undefined ? '' : ` (${reason})`}${text === undefined ? '.' : `: ${text}`}`,
    ...(remedy === undefined ? [] : [`  what to do: ${remedy}`]),
    ...(circuit === 'half-open' ? ['  being tried at this moment'] : []),
    ...(circuit === 'open' && nextProbeAt !== undefined
      ? [`  tried again at ${localTime(nextProbeAt)}, or now with: ${ownCommand('queue retry --all')}`]
      : []),
  ];
}
