import type { Counter, Meter } from '../shared/meter.ts';

/** What inbound counts. Labels are names from the settings and fixed words, so they stay few. */
export interface InboundMeters {
  readonly sessions: Counter;
  readonly messages: Counter;
  readonly refusals: Counter;
}

/** Registers the metrics; once for each process. */
export function createInboundMeters(meter: Meter): InboundMeters {
  return {
    sessions: meter.counter('postern_smtp_sessions_total', 'SMTP connections that were let in.', [
      'listener',
    ]),
    messages: meter.counter(
      'postern_messages_received_total',
      'Messages that clients sent, by result: accepted, deferred (4xx) or refused (5xx).',
      ['listener', 'result'],
    ),
    refusals: meter.counter(
      'postern_smtp_refusals_total',
      'What was refused before content came, by reason.',
      ['listener', 'reason'],
    ),
  };
}

/** Why something was refused; the `reason` label. */
export type RefusalReason =
  | 'connections'
  | 'client'
  | 'sender'
  | 'sign-in'
  | 'size'
  | 'overload'
  | 'deadline'
  | 'flood'
  | 'talked-first';
