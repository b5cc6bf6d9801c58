/*
 * Settings of Postern for a simulator, ready to be applied. Pure.
 */
import { stringify } from 'yaml';
import { authorizeCommand, verifyCommand } from '../shared/own-commands.ts';
import type { Simulator } from '../simulator/simulator.ts';

type NamedUpstream = Readonly<Record<string, unknown>> & { readonly name: string };

/** A document of settings, and what it shows. */
export interface SimulatedSettings {
  /** File name without its directory. */
  readonly file: string;
  readonly title: string;
  /** The upstream alone. */
  readonly upstream: NamedUpstream;
  readonly yaml: string;
  /** What is left to do once it is applied. */
  readonly next: string;
}

/** `files`: where the files of Google's console are. */
export function simulatedSettings(
  simulator: Pick<Simulator, 'microsoft' | 'google'>,
  files: { readonly client: string; readonly serviceAccount: string },
): readonly SimulatedSettings[] {
  const { microsoft, google } = simulator;
  const { email } = microsoft.account;
  const from = { address: email, rewrite: 'if-refused' };
  const exchange = {
    kind: 'smtp',
    host: microsoft.smtp.host,
    port: microsoft.smtp.port,
    security: 'starttls',
    from,
    limits: { connections: 3, messagesPerMinute: 30, recipientsPerDay: 10_000 },
  };
  const gmail = {
    kind: 'smtp',
    host: google.smtp.host,
    port: google.smtp.port,
    security: 'starttls',
    from,
    limits: { connections: 10, recipientsPerMessage: 100 },
  };
  const entra = {
    type: 'oauth2',
    provider: 'microsoft',
    tenantId: microsoft.tenantId,
    clientId: microsoft.clientId,
    clientSecret: { value: microsoft.clientSecret },
    authorizationEndpoint: microsoft.authorizationEndpoint,
    tokenEndpoint: microsoft.tokenEndpoint,
  };
  return [
    {
      file: 'microsoft-sign-in.yaml',
      title: 'Microsoft 365, a person signs in once (authorization code)',
      ...document({
        ...exchange,
        name: 'office',
        authentication: {
          ...entra,
          flow: 'authorization-code',
          email,
          deviceAuthorizationEndpoint: microsoft.deviceAuthorizationEndpoint,
        },
      }),
      next: authorizeCommand('office'),
    },
    {
      file: 'microsoft-application.yaml',
      title: 'Microsoft 365, the application signs in by itself (client credentials)',
      ...document({
        ...exchange,
        name: 'office',
        authentication: { ...entra, flow: 'client-credentials', mailbox: email },
      }),
      next: verifyCommand('office'),
    },
    {
      file: 'google-sign-in.yaml',
      title: 'Google, a person signs in once (authorization code)',
      ...document({
        ...gmail,
        name: 'gmail',
        authentication: {
          type: 'oauth2',
          provider: 'google',
          flow: 'authorization-code',
          email: google.account.email,
          clientId: google.clientId,
          clientSecret: { file: files.client },
          authorizationEndpoint: google.authorizationEndpoint,
          tokenEndpoint: google.tokenEndpoint,
        },
      }),
      next: authorizeCommand('gmail'),
    },
    {
      file: 'google-service-account.yaml',
      title: 'Google Workspace, a service account',
      ...document({
        ...gmail,
        name: 'workspace',
        authentication: {
          type: 'oauth2',
          provider: 'google',
          flow: 'service-account',
          mailbox: google.account.email,
          serviceAccount: { file: files.serviceAccount },
          tokenEndpoint: google.tokenEndpoint,
        },
      }),
      next: verifyCommand('workspace'),
    },
  ];
}

function document({ name, ...rest }: NamedUpstream): Pick<SimulatedSettings, 'upstream' | 'yaml'> {
  const upstream = { name, ...rest };
  return {
    upstream,
    yaml: stringify({ upstreams: [upstream], defaultUpstream: name }, { lineWidth: 0 }),
  };
}
