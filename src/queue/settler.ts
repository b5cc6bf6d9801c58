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
import type { AcceptOperation, QueueStorage, SettleOperation } from './storage.ts';

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
  /** Gives up on a message whose upstream could not be reached for too long. The caller keeps others from it meanwhile. */
  expire(record: MessageRecord, upstream: string, text: string): Promise<void>;
  /** Tells the sender that the message is late. The caller keeps others from it meanwhile. */
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

  /** Whatever fails here, the outcome is recorded: what was delivered must not be sent again for a report's sake. */
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
    const header = await headerOf(record, body);
    const reports: Report[] = [];
    if (failed.length > 0) reports.push(toReport(record, () => reporter.failed(record, failed, header)));
    if (wantSuccess.length > 0) {
      const relayed = toReport(record, () => reporter.relayed(record, wantSuccess, header));
      if (relayed.operation !== undefined) reports.push(relayed);
    }
    return reports;
  }

  async function headerOf({ id }: MessageRecord, body: MessageBody): Promise<Buffer> {
    try {
      return await readHeader(body);
    } catch (error) {
      log.warn({ err: error, id }, 'The header of a message could not be read; its report goes without');
      return Buffer.alloc(0);
    }
  }

  function toReport({ id }: MessageRecord, compose: () => Draft | undefined): Report {
    try {
      const draft = compose();
      if (draft === undefined) return { event: { type: 'report-withheld', why: WITHHELD } };
      const operation = deps.intaker.toOperation(draft);
      const to = draft.accepted.envelope.recipients[0]?.address ?? '';
      return { operation, event: { type: 'returned', report: operation.message.id, to } };
    } catch (error) {
      log.error({ err: error, id }, 'A report could not be written');
      return { event: { type: 'report-withheld', why: UNWRITTEN } };
    }
  }

  /** One transaction for the settle, its journal and its reports. */
  async function write(settlement: Settlement, reports: readonly Report[]): Promise<void> {
    const { record, event } = settlement;
    const accepts = reports.flatMap(({ operation }) => (operation === undefined ? [] : [operation]));
    const journal = [event, ...reports.map((report) => report.event)].map((each) => entry(record, each));
    const kept = await settleAnyhow(toOperation(record, journal), accepts);
    memory.forget(record.id);
    if (!kept) return lost(settlement, accepts);
    for (const accept of accepts) deps.intaker.accepted(accept);
    if (record.state === 'queued') deps.dueAt(record.lane, record.nextAttemptAt);
    else deps.onFinished(record);
    deps.taken(record.lane);
    deps.onAttempt(record, event);
  }

  async function settleAnyhow(
    operation: SettleOperation,
    accepts: readonly AcceptOperation[],
  ): Promise<boolean> {
    if (await commit.settle(operation, accepts)) return true;
    const node = lease.node();
    if (node === operation.node) return false;
    // Our lease had run out and we have a new one: perhaps nobody but ourselves has taken the message over. It is still
    // in memory as being sent, so we have not begun it a second time. The journal and the reports are written already.
    return commit.settle({ ...operation, node, journal: [] }, []);
  }

  /** The message is another node's by now, and so is the word about what becomes of it. */
  async function lost({ record, event }: Settlement, reports: readonly AcceptOperation[]): Promise<void> {
    const twice = event.recipients.some(
      ({ result, reason }) => result === 'delivered' || reason === 'in-doubt',
    );
    log.warn(
      { id: record.id, possibleDuplicate: twice },
      twice
        ? 'Another node had taken this message meanwhile: it may be delivered twice'
        : 'Another node had taken this message meanwhile, and goes on with it',
    );
    for (const { message } of reports) await withdraw(message);
    deps.taken(record.lane);
  }

  async function withdraw(report: MessageRecord): Promise<void> {
    if (!memory.bar(report.id)) return;
    try {
      const deleted = { ...report, state: 'deleted' as const, finishedAt: clock.now() };
      const journal = [entry(report, { type: 'deleted', by: WITHDRAWN })];
      await commit.settle({ ...toOperation(deleted, journal), dropBody: true }, []);
    } finally {
      memory.unbar(report.id);
    }
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
      const header = await headerOf(record, storedBody(deps.storage, record));
      const late: RecipientRecord[] = unfinishedRecipients(record);
      const report = toReport(record, () => reporter.delayed(record, late, header, expiresAt));
      const event: JournalEvent =
        report.event.type === 'returned' ? { ...report.event, type: 'warned' } : report.event;
      const accepts = report.operation === undefined ? [] : [report.operation];
      const warned: MessageRecord = { ...record, warnedAt: clock.now() };
      if (await commit.settle(toOperation(warned, [entry(record, event)]), accepts)) {
        for (const accept of accepts) deps.intaker.accepted(accept);
      } else {
        for (const { message } of accepts) await withdraw(message);
      }
    },
  };
}

/** A report on its way into the queue, or the reason why there is none. */
interface Report {
  readonly operation?: AcceptOperation;
  readonly event: Extract<JournalEvent, { type: 'returned' | 'warned' | 'report-withheld' }>;
}

const WITHHELD =
  'nobody could be told: the message has no full sender address, is a report or automatic itself, or asked for none (NOTIFY=NEVER)';
const UNWRITTEN = 'the report could not be written; the log says why';
const WITHDRAWN = 'Postern, because another node had taken the message that it reports on';
