import type { Socket } from 'node:net';
import { isLoopback } from '../../settings/addresses.ts';
import type { SmtpUpstreamSettings } from '../../settings/schema-upstreams.ts';
import { UpstreamConnection } from '../transports/smtp/connection.ts';
import type { ConnectionStep } from '../transports/smtp/connection-loss.ts';
import { type NoConnection, openConnection } from '../transports/smtp/open-connection.ts';
import { createUpstreamTls } from '../transports/smtp/tls-options.ts';
import { describeTls, detailsOf, type TlsDescription, tlsFinding } from './describe-tls.ts';
import { problemOf, smtpAccess } from './smtp-access.ts';
import type { VerifyStep, VerifyStepName } from './step.ts';
import { type Finding, failed, ok, skipped, type Verification, warning } from './verification.ts';

/**
 * Connects to an SMTP server as deliveries do, without signing in, and tells tcp, greeting and tls when each is over. Answers the
 * connection, or `undefined` when there is none.
 */
export async function reachServer(
  run: Verification,
  upstream: SmtpUpstreamSettings,
): Promise<UpstreamConnection | undefined> {
  const progress = createProgress(run, upstream);
  const withoutSignIn = { ...upstream, authentication: { type: 'none' } as const };
  const tls = createUpstreamTls(upstream, run.trustAnchors);
  const result = await openConnection(
    {
      ...smtpAccess(run, withoutSignIn),
      tls: {
        options: () => tls.options(),
        checkPeer(socket) {
          progress.secured(socket);
          return tls.checkPeer(socket);
        },
      },
      async dial(host, port, signal) {
        const socket = await run.dial(host, port, signal);
        progress.connected(socket);
        return socket;
      },
      onStep: (step, connection) => progress.reached(step, connection),
    },
    run.signal,
  );
  if (result instanceof UpstreamConnection) {
    progress.opened(result);
    return result;
  }
  progress.failed(result);
  return undefined;
}

/** Follows a connection through its steps and tells each once. */
function createProgress(run: Verification, upstream: SmtpUpstreamSettings) {
  const { clock } = run;
  const order: VerifyStepName[] =
    upstream.security === 'tls' ? ['tcp', 'tls', 'greeting'] : ['tcp', 'greeting', 'tls'];
  let began = clock.monotonic();
  let current: VerifyStepName = 'tcp';
  let tls: TlsDescription | undefined;

  function tell(step: VerifyStepName, finding: Finding): void {
    const now = clock.monotonic();
    const told: VerifyStep = { step, milliseconds: Math.round(now - began), ...finding };
    began = now;
    order.splice(0, order.indexOf(step) + 1);
    current = order[0] ?? step;
    run.tell(told);
  }

  return {
    connected(socket: Socket): void {
      const { remoteAddress, remotePort, localAddress } = socket;
      const proxied = run.proxyFor?.(upstream.host) !== undefined;
      const where = remoteAddress === undefined ? upstream.host : `${remoteAddress} port ${remotePort}`;
      tell(
        'tcp',
        ok(
          proxied
            ? `Connected to ${upstream.host} port ${upstream.port} through the proxy.`
            : `Connected to ${where}.`,
          {
            details: localAddress === undefined ? {} : { from: localAddress },
          },
        ),
      );
    },
    secured(socket: Socket): void {
      tls = describeTls(socket);
    },
    reached(step: ConnectionStep, connection: UpstreamConnection): void {
      if (step === 'greeting' && current === 'tls' && tls)
        tell('tls', tlsFinding(tls, upstream.host, clock.now()));
      if (step === 'starttls' && current === 'greeting') tell('greeting', greetingFinding(connection));
    },
    opened(connection: UpstreamConnection): void {
      if (current === 'greeting') tell('greeting', greetingFinding(connection));
      if (current !== 'tls') return;
      tell('tls', tls ? tlsFinding(tls, upstream.host, clock.now()) : unencrypted(upstream, connection));
    },
    failed(failure: NoConnection): void {
      const problem = run.signal.aborted ? { text: run.stopped() } : problemOf(failure);
      const texts: Partial<Record<VerifyStepName, string>> = {
        tcp: `There is no connection to ${upstream.host} port ${upstream.port}.`,
        greeting: `${upstream.host} does not greet as a mail server that lets Postern in.`,
        tls: 'The connection cannot be encrypted, so nothing is sent over it.',
      };
      const details = current === 'tls' && tls ? { details: detailsOf(tls, clock.now()) } : {};
      tell(current, failed(texts[current] ?? '', problem, details));
      const reached = order.length < 2;
      for (const step of order)
        run.skip(step, reached ? 'The connection ended before that.' : 'There is no connection.');
    },
  };
}

function greetingFinding(connection: UpstreamConnection): Finding {
  const { greeting, extensions, mechanisms, sizeLimit } = connection;
  return ok('It greets, and takes EHLO.', {
    ...(greeting === undefined ? {} : { reply: greeting }),
    details: {
      ...(extensions.length === 0 ? {} : { extensions }),
      ...(mechanisms.length === 0 ? {} : { mechanisms }),
      ...(sizeLimit === 0 ? {} : { largestMessage: sizeLimit }),
    },
  });
}

function unencrypted(upstream: SmtpUpstreamSettings, connection: UpstreamConnection): Finding {
  if (isLoopback(upstream.host))
    return skipped('Not encrypted, as the settings want it; the server is this machine.');
  const offered = connection.extensions.includes('STARTTLS');
  return warning(
    `Mail goes over the network in clear${offered ? ', and the server offers STARTTLS' : ''}.`,
    offered
      ? `Set security of the upstream ${upstream.name} to starttls.`
      : `Set security of the upstream ${upstream.name} to tls (usually port 465) or starttls where the server can.`,
  );
}
