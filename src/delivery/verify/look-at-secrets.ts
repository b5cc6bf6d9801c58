import { X509Certificate } from 'node:crypto';
import { dayOf } from '../../certificates/inspect.ts';
import { oauthOf } from '../../oauth/authorizations.ts';
import { ProviderFailure } from '../../oauth/provider.ts';
import { readClientCertificate } from '../../oauth/providers/client-certificate.ts';
import { googleClientSecret } from '../../oauth/providers/google-client-secret.ts';
import { readServiceAccountJson } from '../../oauth/providers/read-client-json.ts';
import type { UpstreamSettings } from '../../settings/schema-upstreams.ts';
import type { SecretSource } from '../../settings/schema-values.ts';
import { RelayError } from '../../shared/errors.ts';
import type { Secret } from '../../shared/secret.ts';
import { shownText } from '../../shared/shown-text.ts';
import { type Finding, failed, ok, skipped, type Verification, warning } from './verification.ts';

const DAY = 86_400_000;
const SOON = 30;
/** What Microsoft Entra shows as the id of a secret, beside its value that is shown once. */
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A secret of an upstream's settings, by the name of its setting. */
interface NamedSecret {
  readonly name: 'password' | 'clientSecret' | 'clientCertificate' | 'clientAssertion' | 'serviceAccount';
  readonly source: SecretSource;
}

/** Reads every secret of the upstream where it is, and looks at what can be seen without asking anybody. */
export async function lookAtSecrets(run: Verification): Promise<Finding> {
  const { upstream } = run;
  const secrets = secretsOf(upstream);
  if (secrets.length === 0) return skipped('This upstream has no secrets.');
  const findings: Finding[] = [];
  for (const secret of secrets) findings.push(await lookAtSecret(run, secret));
  findings.push(...typedExpiry(run));
  const worst =
    findings.find(({ result }) => result === 'failed') ?? findings.find(({ result }) => result === 'warning');
  const details = Object.fromEntries(findings.flatMap((finding) => Object.entries(finding.details ?? {})));
  if (worst) return { ...worst, details };
  const names = secrets.map(({ name }) => name).join(', ');
  const extra = findings.map(({ text }) => text).filter((text) => text !== '');
  return ok([`Read: ${names}.`, ...extra].join(' '), { details });
}

function secretsOf(upstream: UpstreamSettings): readonly NamedSecret[] {
  if (!('authentication' in upstream)) return [];
  const { authentication } = upstream;
  if (authentication.type === 'password') return [{ name: 'password', source: authentication.password }];
  if (authentication.type !== 'oauth2') return [];
  const names = ['clientSecret', 'clientCertificate', 'clientAssertion', 'serviceAccount'] as const;
  return names.flatMap((name) => {
    const source = authentication[name];
    return source === undefined ? [] : [{ name, source }];
  });
}

async function lookAtSecret(run: Verification, { name, source }: NamedSecret): Promise<Finding> {
  const setting = `authentication.${name} of the upstream ${run.upstream.name}`;
  let secret: Secret;
  try {
    secret = await run.reveal(source);
  } catch (error) {
    const known = error instanceof RelayError ? error : undefined;
    return failed(`The secret ${name} cannot be read.`, {
      text: known === undefined ? 'Its source failed.' : sentence(known.publicMessage),
      remedy: known?.hint === undefined ? `Check ${setting}.` : sentence(known.hint),
    });
  }
  switch (name) {
    case 'clientCertificate':
      return lookAtPair(run, secret, setting);
    case 'serviceAccount':
      return lookAtKeyFile(secret, setting);
    case 'clientSecret':
      return lookAtClientSecret(run, secret, setting);
    case 'clientAssertion':
    case 'password':
      return ok('');
  }
}

function lookAtClientSecret({ upstream }: Verification, secret: Secret, setting: string): Finding {
  const oauth = oauthOf(upstream);
  if (oauth?.provider === 'google') {
    try {
      googleClientSecret(secret.reveal(), oauth.clientId);
    } catch (error) {
      if (!(error instanceof RelayError)) throw error;
      return failed('The client secret cannot be used.', {
        text: sentence(error.publicMessage),
        remedy: error.hint ?? `Check ${setting}.`,
      });
    }
  }
  if (!GUID.test(secret.reveal())) return ok('');
  return warning(
    'The client secret looks like the id of a secret, not like its value.',
    `Set ${setting} to the column Value of Certificates & secrets; it is shown once, so make a new secret where it is lost.`,
  );
}

/** A certificate and its key, in one PEM text, read as the provider's requests read it. */
function lookAtPair(run: Verification, secret: Secret, setting: string): Finding {
  let own: X509Certificate;
  try {
    own = new X509Certificate(readClientCertificate(secret.reveal(), run.upstream.name).chain);
  } catch (error) {
    const known = error instanceof ProviderFailure ? error.problem : undefined;
    return failed('The client certificate cannot be used.', {
      text: known?.text ?? 'It cannot be read.',
      remedy: known?.remedy ?? `Check ${setting}.`,
    });
  }
  const end = own.validToDate.getTime();
  const left = Math.floor((end - run.clock.now()) / DAY);
  const details = { thumbprint: own.fingerprint256, certificateDaysLeft: Math.max(0, left) };
  const renew = `Make a new certificate, upload it to the application ${clientOf(run)} at the provider, and set ${setting} to it.`;
  if (end <= run.clock.now()) {
    const problem = { text: `It expired on ${dayOf(end)}.`, remedy: renew };
    return failed('The client certificate has expired.', problem, { details });
  }
  if (left < SOON) {
    const text = `The client certificate expires on ${dayOf(end)}, in ${left} days.`;
    return warning(text, renew, { details });
  }
  return ok(`The client certificate fits its key and is valid until ${dayOf(end)}.`, { details });
}

function clientOf({ upstream }: Verification): string {
  return oauthOf(upstream)?.clientId ?? 'CLIENT-ID';
}

/** The JSON key of a Google service account. */
function lookAtKeyFile(secret: Secret, setting: string): Finding {
  try {
    const { email } = readServiceAccountJson(secret.reveal());
    const serviceAccount = shownText(email, 200);
    return ok(`The service account is ${serviceAccount}.`, { details: { serviceAccount } });
  } catch (error) {
    const known = error instanceof RelayError ? error : undefined;
    return failed('The service account key cannot be used.', {
      text: known === undefined ? 'It cannot be read.' : sentence(known.publicMessage),
      remedy: known?.hint ?? `Check ${setting}.`,
    });
  }
}

/** The day on which the client secret expires, as an administrator typed it. */
function typedExpiry({ upstream, clock }: Verification): Finding[] {
  const authentication = 'authentication' in upstream ? upstream.authentication : undefined;
  if (authentication?.type !== 'oauth2' || authentication.clientSecretExpires === undefined) return [];
  const day = authentication.clientSecretExpires;
  const left = Math.ceil((Date.parse(day) - clock.now()) / DAY);
  const details = { clientSecretExpires: day };
  if (left >= SOON) return [ok(`The client secret is good until ${day}.`, { details })];
  const when =
    left < 0 ? `expired on ${day}` : left === 0 ? 'expires today' : `expires on ${day}, in ${left} days`;
  return [
    warning(
      `The client secret ${when}, by the settings.`,
      `Make a new secret for the application ${authentication.clientId ?? 'CLIENT-ID'} at the provider; set clientSecret and clientSecretExpires of the upstream ${upstream.name}.`,
      { details },
    ),
  ];
}

/** Public messages and hints begin small and end without a full stop. */
function sentence(text: string): string {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}
