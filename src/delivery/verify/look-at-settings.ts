import { isLoopback } from '../../settings/addresses.ts';
import { EXCHANGE_HOSTS, providerLimits } from '../../settings/provider-limits.ts';
import type { SmtpUpstreamSettings, UpstreamSettings } from '../../settings/schema-upstreams.ts';
import { accountOf } from '../account.ts';
import type { UpstreamStatus } from '../upstreams.ts';
import { type Finding, failed, ok, warning } from './verification.ts';

/**
 * What can be said of an upstream's settings before anything is asked: what is missing, and what is accepted but will hurt. Pure. One
 * finding each; a single `ok` when there is nothing.
 */
export function lookAtSettings(upstream: UpstreamSettings): readonly Finding[] {
  const found = [passwordAtExchange, otherCloud, oddPort, aboveLimits, noSender].flatMap(
    (row) => row(upstream) ?? [],
  );
  return found.length > 0 ? found : [ok(wayOf(upstream))];
}

/** Hosts of client submission in Exchange Online; high volume mail keeps passwords longer and is not among them. */
const CLOUD_OF_HOST = new Map(Object.entries(EXCHANGE_HOSTS).map(([cloud, host]) => [host, cloud]));

function isSmtp(upstream: UpstreamSettings): upstream is SmtpUpstreamSettings {
  return upstream.kind === 'smtp';
}

/** Microsoft, "Updated Exchange Online SMTP AUTH Basic Authentication Deprecation Timeline". */
function passwordAtExchange(upstream: UpstreamSettings): Finding | undefined {
  if (!isSmtp(upstream) || upstream.authentication.type !== 'password') return undefined;
  if (!CLOUD_OF_HOST.has(upstream.host.toLowerCase())) return undefined;
  return warning(
    'It signs in at Exchange Online with a password; Microsoft switches that off at the end of December 2026.',
    `Set authentication of the upstream ${upstream.name} to type oauth2, provider microsoft.`,
  );
}

function otherCloud(upstream: UpstreamSettings): Finding | undefined {
  if (!isSmtp(upstream)) return undefined;
  const { authentication, host } = upstream;
  if (authentication.type !== 'oauth2' || authentication.provider !== 'microsoft') return undefined;
  const cloud = CLOUD_OF_HOST.get(host.toLowerCase());
  if (cloud === undefined || EXCHANGE_HOSTS[authentication.cloud] === host.toLowerCase()) return undefined;
  return warning(
    `${host} belongs to the cloud ${cloud}, and tokens come from the cloud ${authentication.cloud}.`,
    `Set authentication.cloud of the upstream ${upstream.name} to ${cloud}, or host to ${EXCHANGE_HOSTS[authentication.cloud]}.`,
  );
}

function oddPort(upstream: UpstreamSettings): Finding | undefined {
  if (!isSmtp(upstream) || isLoopback(upstream.host)) return undefined;
  const { port, security, name } = upstream;
  if (port === 465 && security !== 'tls') {
    return warning(
      'Port 465 speaks TLS from the first byte.',
      `Set security of the upstream ${name} to tls, or port to 587.`,
    );
  }
  if ((port === 587 || port === 25) && security === 'tls') {
    return warning(
      `Port ${port} begins in clear.`,
      `Set security of the upstream ${name} to starttls, or port to 465.`,
    );
  }
  return undefined;
}

const LIMITS = ['connections', 'messagesPerMinute', 'recipientsPerDay', 'recipientsPerMessage'] as const;

function aboveLimits(upstream: UpstreamSettings): Finding | undefined {
  const known = providerLimits(upstream.kind, isSmtp(upstream) ? upstream.host : undefined);
  if (known === undefined) return undefined;
  const above = LIMITS.flatMap((name) => {
    const most = known.limits[name];
    const set = upstream.limits[name];
    return most === undefined || (set !== undefined && set <= most) ? [] : [{ name, set, most }];
  });
  if (above.length === 0) return undefined;
  const words = above.map(
    ({ name, set, most }) => `${name} ${set === undefined ? 'has no limit' : `is ${set}`}, it takes ${most}`,
  );
  return warning(
    `Limits are above those of ${known.provider}: ${words.join('; ')}.`,
    `Set limits of the upstream ${upstream.name} to { ${above.map(({ name, most }) => `${name}: ${most}`).join(', ')} }, or leave them out.`,
  );
}

function noSender(upstream: UpstreamSettings): Finding | undefined {
  if (upstream.from.rewrite === 'never' || upstream.from.address !== undefined) return undefined;
  if (upstream.kind === 'test-relay' || accountOf(upstream)?.includes('@') === true) return undefined;
  return warning(
    `from.rewrite is ${upstream.from.rewrite}, and there is no address to rewrite to.`,
    `Set from.address of the upstream ${upstream.name}.`,
  );
}

function wayOf(upstream: UpstreamSettings): string {
  const how =
    'authentication' in upstream
      ? { none: 'without signing in', password: 'with a password', oauth2: 'with OAuth 2.0' }[
          upstream.authentication.type
        ]
      : '';
  switch (upstream.kind) {
    case 'smtp':
      return `SMTP to ${upstream.host} port ${upstream.port}, security ${upstream.security}, ${how}.`;
    case 'graph':
      return `Microsoft Graph, ${how}.`;
    case 'gmail':
      return `Gmail API, ${how}.`;
    case 'test-relay':
      return 'Test relay.';
  }
}

/** What steps in when this upstream cannot send. Absent status: the settings are not in force yet. */
export function lookAtFallback(fallback: string, status: UpstreamStatus | undefined): Finding {
  if (status === undefined)
    return ok(
      `When it cannot send for reasons that ${fallback} can cure, that one takes over; it is not in force yet.`,
    );
  if (status.circuit === 'closed')
    return ok(`When it cannot send for reasons that ${fallback} can cure, that one takes over; it works.`);
  return warning(
    `The fallback ${fallback} is out of order itself (${status.circuit}): ${status.text ?? status.reason ?? 'unknown'}`,
    status.remedy,
  );
}

/** An API without OAuth cannot be used at all. */
export function withoutOauth(upstream: UpstreamSettings): Finding | undefined {
  if (upstream.kind !== 'graph' && upstream.kind !== 'gmail') return undefined;
  if (upstream.authentication.type === 'oauth2') return undefined;
  return failed('There is no way to sign in.', {
    text: `An upstream of kind ${upstream.kind} signs in with OAuth 2.0 only.`,
    remedy: `Set authentication of the upstream ${upstream.name} to type oauth2.`,
  });
}
