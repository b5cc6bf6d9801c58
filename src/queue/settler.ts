import type { Answered } from '../delivery/outcome.ts';
import type { Attempt } from '../delivery/upstreams.ts';
import type { MessageBody } from '../message/envelope.ts';
import type { SettingsSource } from '../settings/source.ts';
import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import type { Random } from '../shared/random.ts';
import { readHeader, storedBody } from './body.ts';
import type { GroupCommit } from './group-commit.ts';
import type { Intaker } from './intaker.ts';
import type { Lease } from './lease.ts';
import type { QueueMemory } from './memory.ts';
import type { JournalEntry, JournalEvent, MessageRecord, RecipientRecord } from './message.ts';
import type { Draft, Reporter } from './reports.ts';
import { expireMessage, type Settlement, settleAttempt, unfinishedRecipients } from './settle.ts';
import type { QueueStorage, SettleOperation } from './storage.ts';

/** Hears of every attempt, for the log line of DESIGN.md and the metrics. */
export type AttemptListener = (
  record: MessageRecord,
  event: Extract<JournalEvent, { type: 'attempt' }>,
) => void;

export interface Settler {
  /** Records an upstream's answer, with the reports that it calls for; resolves when it is durable. */
  settle(
    record: MessageRecord,
    attempt: Attempt & { outcome: Answered },
    body: MessageBody,
    startedAt: number,
  ): Promise<void>;
  /** Gives up on a message whose upstream could not be reached for too long. */
  expire(record: MessageRecord, upstream: string, text: string): Promise<void>;
  /** Tells the sender that the message is late. */
  warn(record: MessageRecord, expiresAt: number): Promise<void>;
}

/** Writes outcomes: state, journal and reports in one transaction, then memory, log and metrics. */
export function createSettler(deps: {
  memory: QueueMemory;
  storage: Pick<QueueStorage, 'readChunk'>;
  commit: GroupCommit;
  intaker: Intaker;
  reporter: Reporter;
  settings: SettingsSource;
  lease: Lease;
  clock: Clock;
  random: Random;
  log: Log;
  dueAt: (lane: string, time: number) => void;
  taken: (lane: string) => void;
  onAttempt: AttemptListener;
  onFinished: (record: MessageRecord) => void;
}): Settler {
  const { memory, commit, reporter, lease, clock, log } = deps;

  async function settle(
    record: MessageRecord,
    attempt: Attempt & { outcome: Answered },
    body: MessageBody,
    startedAt: number,
  ): Promise<void> {
    const settlement = settleAttempt(record, attempt, {
      now: clock.now(),
      settings: deps.settings.current().queue,
      random: deps.random,
      waited: Math.max(0, startedAt - record.acceptedAt),
    });
    await write(settlement, await reportsOn(settlement, body, attempt.outcome.dsnPassedOn ?? false));
  }

  async function reportsOn(
    settlement: Settlement,
    body: MessageBody,
    dsnPassedOn: boolean,
  ): Promise<Report[]> {
    const { record, failed, delivered } = settlement;
    const wantSuccess = dsnPassedOn
      ? []
      : delivered.filter(({ notify }) => notify?.includes('SUCCESS') ?? false);
    if (failed.length === 0 && wantSuccess.length === 0) return [];
    const header = await readHeader(body);
    const reports: Report[] = [];
    if (failed.length > 0) reports.push({ type: 'returned', draft: reporter.failed(record, failed, header) });
    if (wantSuccess.length > 0) {
      const draft = reporter.relayed(record, wantSuccess, header);
      if (draft !== undefined) reports.push({ type: 'returned', draft });
    }
    return reports;
  }

  /** One transaction for the settle, its journal and its reports; what was delivered is never forgotten for a report's sake. */
  async function write(settlement: Settlement, reports: readonly Report[]): Promise<void> {
    const { record, event } = settlement;
    const accepts = reports.flatMap(({ draft }) =>
      draft === undefined ? [] : [deps.intaker.toOperation(draft)],
    );
    const journal: JournalEntry[] = [entry(record, event)];
    for (const [index, report] of reports.entries())
      journal.push(entry(record, reportEvent(report, accepts[index]?.message)));
    const kept = await commit.settle(toOperation(record, journal), accepts);
    memory.forget(record.id);
    if (!kept) {
      log.warn({ id: record.id }, 'Another node had taken this message meanwhile: it may be delivered twice');
      return;
    }
    for (const accept of accepts) deps.intaker.accepted(accept);
    if (record.state === 'queued') deps.dueAt(record.lane, record.nextAttemptAt);
    else deps.onFinished(record);
    deps.taken(record.lane);
    deps.onAttempt(record, event);
  }

  function toOperation(record: MessageRecord, journal: readonly JournalEntry[]): SettleOperation {
    const { keepBodies } = deps.settings.current().queue;
    return {
      id: record.id,
      node: record.node,
      state: record.state,
      recipients: record.recipients,
      attempts: record.attempts,
      nextAttemptAt: record.nextAttemptAt,
      ...(record.warnedAt === undefined ? {} : { warnedAt: record.warnedAt }),
      ...(record.finishedAt === undefined ? {} : { finishedAt: record.finishedAt }),
      dropBody: record.state === 'delivered' && keepBodies === 0,
      journal,
    };
  }

  function entry(record: MessageRecord, event: JournalEvent): JournalEntry {
    return { message: record.id, at: clock.now(), node: lease.node(), event };
  }

  return {
    settle,
    async expire(record, upstream, text) {
      const settlement = expireMessage(record, clock.now(), upstream, text);
      await write(settlement, await reportsOn(settlement, storedBody(deps.storage, record), true));
    },
    async warn(record, expiresAt) {
      const header = await readHeader(storedBody(deps.storage, record));
      const late: RecipientRecord[] = unfinishedRecipients(record);
      const draft = reporter.delayed(record, late, header, expiresAt);
      const warned: MessageRecord = { ...record, warnedAt: clock.now() };
      const accepts = draft === undefined ? [] : [deps.intaker.toOperation(draft)];
      const report = accepts[0]?.message;
      const event: JournalEvent =
        report === undefined
          ? { type: 'report-withheld', why: WITHHELD }
          : { type: 'warned', report: report.id, to: record.envelope.sender };
      if (await commit.settle(toOperation(warned, [entry(record, event)]), accepts)) memory.update(warned);
      for (const accept of accepts) deps.intaker.accepted(accept);
    },
  };
}

interface Report {
  readonly type: 'returned';
  readonly draft: Draft | undefined;
}

const WITHHELD =
  'nobody could be told: the message has no full sender address, is a report or automatic itself, or asked for none (NOTIFY=NEVER)';

function reportEvent(report: Report, message: MessageRecord | undefined): JournalEvent {
  if (report.draft === undefined || message === undefined) return { type: 'report-withheld', why: WITHHELD };
  return {
    type: report.type,
    report: message.id,
    to: report.draft.accepted.envelope.recipients[0]?.address ?? '',
  };
}
