import { oauthOf } from '../../oauth/authorizations.ts';
import type { SmtpUpstreamSettings } from '../../settings/schema-upstreams.ts';
import { accountOf, classificationContext } from '../account.ts';
import { classifyReply, type Stage, type Verdict } from '../classify.ts';
import type { Reply } from '../outcome.ts';
import { commandLines, unspeakable } from '../transports/smtp/command-lines.ts';
import type { UpstreamConnection } from '../transports/smtp/connection.ts';
import { type Finding, failed, ok, type Verification, warning } from './verification.ts';

/** Longest wait for a reply, ms. */
const PATIENCE = 15_000;
const LIMIT = 35_000;
/** Bytes that the message of a dry run claims to have. */
const SIZE = 1000;

interface Refused {
  readonly stage: Stage;
  readonly reply: Reply;
  readonly verdict: Verdict;
}

/** Says MAIL FROM and RCPT TO for each sender and takes them back with RSET: nothing is sent. */
export async function trySenders(
  run: Verification,
  upstream: SmtpUpstreamSettings,
  connection: UpstreamConnection,
  senders: readonly string[],
): Promise<void> {
  for (const sender of senders) {
    if (connection.lost) {
      run.skip('sender', 'The server has closed the connection.', sender);
      continue;
    }
    const recipient = run.request.recipient ?? sender;
    let refusedRecipient: Finding | undefined;
    const step = await run.run(
      'sender',
      LIMIT,
      async () => {
        const answer = await tryOnce(upstream, connection, sender, recipient);
        if (answer.refused === undefined) return accepted(run, upstream, sender, recipient, answer.reply);
        if (isAboutRecipient(answer.refused)) {
          refusedRecipient = recipientFinding(upstream, recipient, answer.refused);
          return ok('The server takes the sender in MAIL FROM.');
        }
        return senderFinding(upstream, sender, answer.refused);
      },
      sender,
    );
    const about = refusedRecipient;
    if (about && step.result === 'ok') await run.run('recipient', LIMIT, () => about, recipient);
  }
}

interface Answer {
  readonly refused?: Refused;
  readonly reply?: Reply;
}

async function tryOnce(
  upstream: SmtpUpstreamSettings,
  connection: UpstreamConnection,
  sender: string,
  recipient: string,
): Promise<Answer> {
  for (const [stage, address] of [
    ['mail', sender],
    ['rcpt', recipient],
  ] as const) {
    const problem = unspeakable(address, connection);
    if (problem?.kind === 'rejected') return { refused: { stage, reply: problem.reply, verdict: problem } };
  }
  const lines = commandLines(
    { id: 'verify', sender, eightBit: false, smtpUtf8: false, body: NO_BODY },
    SIZE,
    [{ address: recipient }],
    connection,
  );
  let last: Reply | undefined;
  try {
    for (const [stage, line] of [
      ['mail', lines.mail],
      ['rcpt', lines.recipients[0] ?? ''],
    ] as const) {
      const replies: Reply[] = [];
      await connection.request([line], replies, PATIENCE);
      const [reply] = replies;
      if (reply === undefined) return lost(connection, stage);
      last = reply;
      if (reply.code < 200 || reply.code >= 300) {
        return {
          refused: { stage, reply, verdict: classifyReply(stage, reply, classificationContext(upstream)) },
        };
      }
    }
    return last === undefined ? {} : { reply: last };
  } finally {
    if (!connection.lost) await connection.startOver(PATIENCE);
  }
}

const NO_BODY = { size: 0, async *chunks(): AsyncIterable<Buffer> {} };

function lost(connection: UpstreamConnection, stage: Stage): Answer {
  const reply = { code: 421, text: connection.lost?.text ?? 'closed the connection' };
  return { refused: { stage, reply, verdict: { kind: 'deferred', reason: 'busy' } } };
}

/** Many servers wait with their word about the sender until RCPT TO. */
function isAboutRecipient({ stage, verdict }: Refused): boolean {
  if (stage !== 'rcpt') return false;
  return verdict.kind === 'rejected' ? verdict.reason !== 'sender' : verdict.kind === 'deferred';
}

function accepted(
  run: Verification,
  upstream: SmtpUpstreamSettings,
  sender: string,
  recipient: string,
  reply: Reply | undefined,
): Finding {
  const doubt = reservation(upstream, sender);
  const way =
    doubt === '' || run.request.sendTo !== undefined ? '' : ' A real message shows it: --send-to ADDRESS.';
  return ok(
    `The server takes mail from ${sender} to ${recipient}.${doubt}${way}`,
    reply === undefined ? {} : { reply },
  );
}

/** What a dry run cannot tell about an address that is not the account's own. */
function reservation(upstream: SmtpUpstreamSettings, sender: string): string {
  if (sender.toLowerCase() === accountOf(upstream)?.toLowerCase()) return '';
  const provider = oauthOf(upstream)?.provider;
  if (provider === 'microsoft' || /\.(?:office365\.(?:com|us)|outlook\.c(?:n|om))$/i.test(upstream.host)) {
    return ' Exchange checks the right to send as this address only behind DATA.';
  }
  if (provider === 'google' || /\.gmail\.com$/i.test(upstream.host)) {
    return ' Gmail puts the account’s own address in place of a From that is no alias of it.';
  }
  return '';
}

function senderFinding(upstream: SmtpUpstreamSettings, sender: string, refused: Refused): Finding {
  const { reply, verdict, stage } = refused;
  const command = stage === 'mail' ? 'MAIL FROM' : 'RCPT TO';
  const remedy = remedyOf(verdict)?.replace('SENDER', sender);
  const text = `The server refused ${command} from this sender.`;
  const instead = upstream.from.address;
  if (
    verdict.kind === 'rejected' &&
    upstream.from.rewrite === 'if-refused' &&
    instead !== undefined &&
    instead !== sender
  ) {
    return warning(`${text} Its mail goes out as ${instead} (from.rewrite: if-refused).`, undefined, {
      reply,
    });
  }
  return failed(text, { reply, remedy, ...causeOf(verdict) });
}

function recipientFinding(upstream: SmtpUpstreamSettings, recipient: string, refused: Refused): Finding {
  const { reply, verdict } = refused;
  const passing = verdict.kind === 'deferred';
  const remedy =
    remedyOf(verdict) ??
    (passing ? 'Verify again in a few minutes.' : 'Name a recipient that exists: --recipient ADDRESS');
  const finding = failed(
    passing
      ? `${upstream.host} put the recipient ${recipient} off.`
      : `${upstream.host} does not take the recipient ${recipient}.`,
    { reply, remedy, ...causeOf(verdict) },
  );
  return passing ? { ...finding, result: 'warning' } : finding;
}

function remedyOf(verdict: Verdict): string | undefined {
  if (verdict.kind === 'deferred') return verdict.remedy ?? verdict.patience?.verdict.remedy;
  return verdict.remedy;
}

function causeOf(verdict: Verdict): { readonly text?: string } {
  if (verdict.kind === 'unavailable') return { text: verdict.text };
  if (verdict.kind === 'rejected' && verdict.reason === 'sender')
    return { text: 'The account may not send as this address.' };
  if (verdict.kind === 'deferred' && verdict.patience) return { text: verdict.patience.verdict.text };
  return {};
}
