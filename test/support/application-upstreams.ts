/** Settings of upstreams at a simulator, for which an application signs in by itself: nobody has to consent. */
import type { Simulator } from '../../src/simulator/simulator.ts';

type More = Readonly<Record<string, unknown>>;

/** Client credentials at the simulated Microsoft. */
export function microsoftApplication({ microsoft }: Simulator, more: More = {}) {
  return {
    type: 'oauth2',
    provider: 'microsoft',
    flow: 'client-credentials',
    mailbox: microsoft.account.email,
    tenantId: microsoft.tenantId,
    clientId: microsoft.clientId,
    clientSecret: { value: microsoft.clientSecret },
    tokenEndpoint: microsoft.tokenEndpoint,
    ...more,
  };
}

/** A service account at the simulated Google. */
export function googleServiceAccount({ google }: Simulator, more: More = {}) {
  return {
    type: 'oauth2',
    provider: 'google',
    flow: 'service-account',
    mailbox: google.account.email,
    serviceAccount: { value: google.serviceAccountJson },
    tokenEndpoint: google.tokenEndpoint,
    ...more,
  };
}

/** SMTP; each message signs in anew, so that whatever is to go wrong there does with the next message. */
function submission({ host, port }: Simulator['microsoft']['smtp']) {
  return { kind: 'smtp', host, port, limits: { messagesPerConnection: 1 } };
}

export function exchangeUpstream(simulator: Simulator, name: string, more: More = {}) {
  const authentication = microsoftApplication(simulator);
  return { name, ...submission(simulator.microsoft.smtp), authentication, ...more };
}

export function graphUpstream(simulator: Simulator, name: string, more: More = {}) {
  const authentication = microsoftApplication(simulator);
  return { name, kind: 'graph', endpoint: simulator.microsoft.api, authentication, ...more };
}

export function gmailSmtpUpstream(simulator: Simulator, name: string, more: More = {}) {
  const authentication = googleServiceAccount(simulator);
  return { name, ...submission(simulator.google.smtp), authentication, ...more };
}

export function gmailUpstream(simulator: Simulator, name: string, more: More = {}) {
  const authentication = googleServiceAccount(simulator);
  return { name, kind: 'gmail', endpoint: simulator.google.api, authentication, ...more };
}
