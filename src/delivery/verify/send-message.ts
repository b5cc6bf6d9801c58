import { formatDate } from '../../message/date.ts';
import type { UpstreamSettings } from '../../settings/schema-upstreams.ts';
import { createTransport } from '../create-transport.ts';
import type { Outcome, RecipientOutcome } from '../outcome.ts';
import { hasty } from './smtp-access.ts';
import { type Finding, failed, ok, type Verification, warning } from './verification.ts';

/** Sends a real message through the upstream's transport itself, past the queue: what comes back is the upstream's own word. */
export async function sendMessage(
  run: Verification,
  sender: string,
  sendTo: string,
  signal: AbortSignal,
): Promise<Finding> {
  const first = await deliver(run, sender, sendTo, signal);
  const { from, name } = run.upstream;
  const instead = from.address;
  if (
    isSenderRefusal(first.outcome) &&
    from.rewrite === 'if-refused' &&
    instead !== undefined &&
    instead !== sender
  ) {
    const second = await deliver(run, instead, sendTo, signal);
    const finding = findingOf(second.outcome, name, sendTo, second.messageId);
    if (finding.result !== 'ok') return finding;
    return warning(
      `The upstream refused ${sender} as sender, and took the message as ${instead} (from.rewrite: if-refused).`,
      undefined,
      finding,
    );
  }
  return findingOf(first.outcome, name, sendTo, first.messageId);
}

async function deliver(run: Verification, sender: string, sendTo: string, signal: AbortSignal) {
  const { upstream, reveal, random } = run;
  const transport = createTransport('timeout' in upstream ? hastyUpstream(upstream) : upstream, {
    ...run,
    settings: { reveal },
  });
  const token = random.bytes(12).toString('hex');
  const { content, messageId } = testMessage(run, sender, sendTo, token);
  try {
    const message = {
      id: token.slice(0, 16).toUpperCase(),
      sender,
      eightBit: false,
      smtpUtf8: false,
      body: {
        size: content.length,
        async *chunks() {
          yield await Promise.resolve(content);
        },
      },
    };
    return { outcome: await transport.deliver(message, [{ address: sendTo }], signal), messageId };
  } finally {
    // Closing says goodbye to the server; nobody has to wait for that.
    void transport.close().catch(() => undefined);
  }
}

function hastyUpstream(upstream: Exclude<UpstreamSettings, { kind: 'test-relay' }>): UpstreamSettings {
  return upstream.kind === 'smtp' ? hasty(upstream) : hasty(upstream);
}

function testMessage(run: Verification, sender: string, sendTo: string, token: string) {
  const { clock, hostname, upstream } = run;
  const at = clock.now();
  const messageId = `<${token}.verify@${hostname()}>`;
  const lines = [
    `Date: ${formatDate(at)}`,
    `From: Postern <${sender}>`,
    `To: <${sendTo}>`,
    `Subject: Postern verifies that mail leaves (${hostname()})`,
    `Message-ID: ${messageId}`,
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=us-ascii',
    'Content-Transfer-Encoding: 7bit',
    '',
    `An administrator of Postern on ${hostname()} verified an upstream (${ascii(upstream.name)}, ${upstream.kind})`,
    `at ${new Date(at).toISOString()}. This message arrived, so sending works.`,
    'There is nothing to do.',
    '',
  ];
  return { content: Buffer.from(lines.join('\r\n'), 'latin1'), messageId };
}

function ascii(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?');
}

function isSenderRefusal(outcome: Outcome): boolean {
  if (outcome.kind === 'unavailable') return false;
  const [one] = outcome.recipients;
  return one?.kind === 'rejected' && one.reason === 'sender';
}

function findingOf(outcome: Outcome, upstream: string, sendTo: string, messageId: string): Finding {
  if (outcome.kind === 'unavailable') {
    return failed('The message was not sent.', outcome);
  }
  const [one] = outcome.recipients;
  if (one === undefined) return failed('The message was not sent.', {});
  const details = { messageId };
  switch (one.kind) {
    case 'delivered':
      return ok(`The upstream took a message to ${sendTo}; look whether it arrives.`, {
        reply: one.reply,
        details,
      });
    case 'held':
      return warning('The message was held, not sent.', `${upstream} is a test relay.`, { reply: one.reply });
    case 'deferred':
    case 'rejected':
      return failed(
        one.kind === 'deferred' ? 'The upstream put the message off.' : 'The upstream refused the message.',
        {
          reply: one.reply,
          remedy: one.remedy,
          text: causeOf(one),
        },
      );
  }
}

function causeOf(one: Extract<RecipientOutcome, { kind: 'deferred' | 'rejected' }>): string {
  switch (one.reason) {
    case 'sender':
      return 'The account may not send as this address.';
    case 'recipient':
      return 'The recipient is not known there.';
    case 'content':
      return 'The upstream does not want this content.';
    case 'connections':
      return 'The upstream has too many connections of this account.';
    case 'quota':
      return 'A limit of the upstream is reached.';
    case 'in-doubt':
      return 'The connection was lost behind the message; it may have arrived.';
    case 'busy':
      return 'The upstream is busy.';
    case 'expired':
    case 'other':
      return 'The upstream gave no reason that Postern knows.';
  }
}
