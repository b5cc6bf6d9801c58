import type { Socket } from 'node:net';
import { connect as startTls } from 'node:tls';
import { errorCode, errorText } from '../../shared/errors.ts';
import { type ConnectionTarget, classifyConnection } from '../classify-connection.ts';
import { apiTarget } from '../transports/api/api-endpoint.ts';
import type { ApiUpstreamSettings } from '../transports/api/mailbox-of.ts';
import { createUpstreamTls } from '../transports/smtp/tls-options.ts';
import { describeTls, detailsOf, tlsFinding } from './describe-tls.ts';
import { type Finding, failed, isObstacle, ok, skipped, type Verification } from './verification.ts';

const LIMIT = 15_000;

/** Connects and encrypts as the HTTP client does, only to show what is there; nothing is asked over this connection. */
export async function reachApi(run: Verification, upstream: ApiUpstreamSettings): Promise<boolean> {
  const target = apiTarget(upstream);
  let socket: Socket | undefined;
  try {
    const tcp = await run.run('tcp', LIMIT, async (signal) => {
      try {
        socket = await run.dial(target.host, target.port, signal);
      } catch (error) {
        const code = signal.aborted ? 'ETIMEDOUT' : errorCode(error);
        const problem = classifyConnection(target, code, `cannot be reached (${errorText(error)})`);
        return failed(`There is no connection to ${target.host} port ${target.port}.`, problem);
      }
      const { remoteAddress, remotePort } = socket;
      return ok(
        run.proxyFor?.(target.host) === undefined && remoteAddress !== undefined
          ? `Connected to ${remoteAddress} port ${remotePort}.`
          : `Connected to ${target.host} port ${target.port} through the proxy.`,
      );
    });
    const plain = socket;
    if (isObstacle(tcp) || plain === undefined) {
      run.skip('tls', `There is no connection to ${target.host}.`);
      return false;
    }
    if (!target.encrypted) {
      run.skip('tls', 'Plain HTTP, as the settings want it.');
      return true;
    }
    const tls = await run.run('tls', LIMIT, (signal) => encrypt(run, target, plain, signal));
    return !isObstacle(tls);
  } finally {
    socket?.destroy();
  }
}

function encrypt(
  run: Verification,
  target: ConnectionTarget,
  plain: Socket,
  signal: AbortSignal,
): Promise<Finding> {
  const tls = createUpstreamTls(
    { host: target.host, port: target.port, minimumTls: 'TLSv1.2' },
    run.trustAnchors,
  );
  const refused = 'The connection cannot be encrypted, so nothing is sent over it.';
  return new Promise((resolve) => {
    const socket = startTls({ ...tls.options(), socket: plain });
    const end = (finding: Finding): void => {
      resolve(finding);
      socket.destroy();
    };
    signal.addEventListener('abort', () => end(skipped('It took too long.')), { once: true });
    socket.on('error', (error) =>
      end(
        failed(
          refused,
          classifyConnection(target, errorCode(error), 'broke off while the connection was being encrypted'),
        ),
      ),
    );
    socket.on('close', () => end(failed(refused, classifyConnection(target, 'ECONNRESET', ''))));
    socket.once('secureConnect', () => {
      const described = describeTls(socket);
      const refusal = tls.checkPeer(socket);
      if (described === undefined) end(failed(refused, {}));
      else if (refusal === undefined) end(tlsFinding(described, target.host, run.clock.now()));
      else {
        const details = detailsOf(described, run.clock.now());
        end(failed(refused, classifyConnection(target, 'ECERTIFICATE', refusal), { details }));
      }
    });
  });
}
