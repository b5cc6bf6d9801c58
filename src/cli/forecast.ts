import type { UpstreamAnswer, WaitingAnswer } from '../admin/contract.ts';
import { counted, localTime } from './output.ts';

const PACE: Readonly<Record<NonNullable<WaitingAnswer['limitedBy']>, string>> = {
  messagesPerMinute: 'limits.messagesPerMinute sets the pace',
  recipientsPerDay: 'limits.recipientsPerDay is reached',
  speed: 'at the speed of the last minute',
};

/** How much waits for an upstream that works, and until when. Pure; the line is not yet made safe. */
export function forecastLine(
  waiting: WaitingAnswer,
  upstreams: readonly UpstreamAnswer[],
): string | undefined {
  const { upstream, messages, lastLeavesAt, limitedBy } = waiting;
  const isClosed = upstreams.find(({ name }) => name === upstream)?.circuit === 'closed';
  if (!isClosed || lastLeavesAt === undefined || limitedBy === undefined) return undefined;
  return `${counted(messages, 'message')} for ${upstream}: the last one leaves at about ${localTime(lastLeavesAt)} (${PACE[limitedBy]}).`;
}
