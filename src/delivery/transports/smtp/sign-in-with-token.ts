import { claimsText, tokenClaims } from '../../../oauth/token-claims.ts';
import type { AccessToken, NoToken, TokenRequest } from '../../../oauth/token-source.ts';
import { isLoopback } from '../../../settings/addresses.ts';
import type { OAuth2Settings } from '../../../settings/schema-oauth2.ts';
import { isLoopbackAddress } from '../../../shared/loopback.ts';
import type { Secret } from '../../../shared/secret.ts';
import { accountOf, classificationContext } from '../../account.ts';
import { classifyReply } from '../../classify.ts';
import type { Reply, Unavailable } from '../../outcome.ts';
import { chooseTokenMethod } from './choose-method.ts';
import {
  connect,
  lostOutcome,
  type NoConnection,
  notOffered,
  refusalOutcome,
  type SmtpAccess,
} from './connect.ts';
import { UpstreamConnection } from './connection.ts';
import { signInWithToken } from './token-sign-in.ts';

/** The server did not take this token. */
interface RefusedToken {
  readonly refusedToken: Secret;
  readonly outcome: NoConnection;
  /** The refusal is about something else than the token: another one would fare no better. */
  readonly final: boolean;
}

/**
 * A connection on which a mailbox is signed in with a token: the sender's, or the upstream's own if absent. A token that is refused is
 * renewed once, and tried on a new connection. Never throws for what the network or the servers do.
 */
export async function openWithToken(
  access: SmtpAccess,
  authentication: OAuth2Settings,
  signal: AbortSignal,
  mailbox?: string,
): Promise<UpstreamConnection | NoConnection> {
  const user = mailbox ?? accountOf(access.upstream);
  if (user === undefined) return withoutMailbox(access);
  const perMailbox = authentication.flow === 'service-account';
  const request: TokenRequest = {
    upstream: access.upstream,
    signal,
    ...(perMailbox ? { mailbox: user } : {}),
  };
  const first = await tryOnce(access, authentication, user, request, undefined);
  if (!('refusedToken' in first)) return first;
  // The token of an application is the same for all mailboxes; that one of them is closed to it says nothing against the token.
  if (first.final || (mailbox !== undefined && !perMailbox)) return first.outcome;
  access.tokens.refused(request, first.refusedToken);
  const second = await tryOnce(access, authentication, user, request, first);
  return 'refusedToken' in second ? second.outcome : second;
}

function withoutMailbox({ upstream }: SmtpAccess): Unavailable {
  return {
    kind: 'unavailable',
    reason: 'configuration',
    text: `The upstream ${upstream.name} has no mailbox to sign in as.`,
    remedy: `Set authentication.mailbox of the upstream ${upstream.name} to the mailbox that sends.`,
  };
}

async function tryOnce(
  access: SmtpAccess,
  authentication: OAuth2Settings,
  user: string,
  request: TokenRequest,
  refused: RefusedToken | undefined,
): Promise<UpstreamConnection | NoConnection | RefusedToken> {
  const token = await access.tokens.token(request);
  if (token.kind === 'unavailable') return withoutToken(request, token);
  if (refused && token.token.reveal() === refused.refusedToken.reveal()) return refused;
  const connection = await connect(access, request.signal ?? new AbortController().signal);
  if (!(connection instanceof UpstreamConnection)) return connection;
  return await signedIn(access, connection, authentication, user, token);
}

/** A token endpoint that says no to an application for one mailbox may say yes for another. */
function withoutToken({ mailbox }: TokenRequest, problem: NoToken): NoConnection {
  const aboutMailbox =
    mailbox !== undefined && (problem.reason === 'authentication' || problem.reason === 'configuration');
  return aboutMailbox ? { ...problem, refusedMailbox: true } : problem;
}

async function signedIn(
  access: SmtpAccess,
  connection: UpstreamConnection,
  authentication: OAuth2Settings,
  user: string,
  token: AccessToken,
): Promise<UpstreamConnection | NoConnection | RefusedToken> {
  const { upstream } = access;
  if (!connection.secure && !isLocal(upstream.host, connection.peer)) {
    connection.giveUp('would have shown the token');
    return inClear(access);
  }
  const method = chooseTokenMethod(authentication.method, connection.mechanisms, authentication.provider);
  if (method === undefined) {
    return notOffered(
      access,
      connection,
      authentication.method === 'auto' ? 'XOAUTH2 or OAUTHBEARER' : authentication.method,
    );
  }
  const refusal = await signInWithToken(
    connection,
    method,
    user,
    token.token.reveal(),
    upstream,
    upstream.timeout.command,
  );
  if (refusal === undefined) return connection.lost ? lostOutcome(access, connection) : connection;
  void connection.leave(upstream.timeout.connect);
  return refusedSignIn(access, user, token.token, refusal);
}

/** A token is as good as a password: whoever reads it may send until it runs out. */
function isLocal(host: string, peer: string | undefined): boolean {
  return isLoopback(host) && peer !== undefined && isLoopbackAddress(peer);
}

function inClear({ upstream }: SmtpAccess): Unavailable {
  return {
    kind: 'unavailable',
    reason: 'configuration',
    text: `The connection to ${upstream.host} is not encrypted, and Postern shows a token to nobody on the way.`,
    remedy: `Set security of the upstream ${upstream.name} to starttls or tls.`,
  };
}

function refusedSignIn(
  access: SmtpAccess,
  user: string,
  token: Secret,
  refusal: Reply,
): NoConnection | RefusedToken {
  const claims = tokenClaims(token.reveal());
  const context = classificationContext(access.upstream, user);
  const verdict = classifyReply('auth', refusal, {
    ...context,
    ...(context.oauth && claims ? { oauth: { ...context.oauth, claims } } : {}),
  });
  const words = claims === undefined ? '' : claimsText(claims);
  const outcome = refusalOutcome(verdict, refusal, words === '' ? '' : ` The token: ${words}.`);
  if (outcome.kind !== 'unavailable' || outcome.reason !== 'authentication' || isPassing(refusal))
    return outcome;
  return {
    refusedToken: token,
    outcome: { ...outcome, refusedMailbox: true },
    final: verdict.kind === 'unavailable' && verdict.credentialsFine === true,
  };
}

/** RFC 4954 section 6: 454 is a failure of the server. */
function isPassing({ code }: Reply): boolean {
  return code >= 400 && code < 500;
}
