import { RelayError } from '../shared/errors.ts';
import type { HttpFailure } from '../shared/http.ts';
import { ownCommand } from '../shared/own-commands.ts';

/**
 * A secret that Vault did not give, and why. `passing`: Vault itself is out of order, so that what it said a while ago still
 * counts; else it said no, and that counts at once.
 */
export class VaultFailure extends RelayError {
  readonly passing: boolean;

  constructor(text: string, hint: string, passing = false) {
    super('secret-unavailable', text, { hint });
    this.name = 'VaultFailure';
    this.passing = passing;
  }
}

/** No answer came. The words of the failure go behind the server's name. */
export function unanswered(named: string, failure: HttpFailure): VaultFailure {
  const hint =
    failure.code === 'ECERTIFICATE'
      ? `import the certificate of Vault or of its issuer: ${ownCommand('import-cert FILE')}`
      : failure.code === 'EPROXYAUTH'
        ? 'check proxy.user and proxy.password'
        : 'check vault.address, and that Vault runs and is reached from this machine';
  return new VaultFailure(`${named} cannot be read: Vault ${failure.message}`, hint, true);
}

/** Statuses that say something of Vault itself (its API documentation, "HTTP status codes"); others belong to the question. */
const SERVER: Readonly<Record<number, readonly [words: string, hint: string]>> = {
  429: ['is asked too often (429)', 'raise vault.cache, or the rate limit of Vault'],
  503: ['is sealed, or in maintenance (503)', 'unseal it: vault operator unseal'],
  501: ['is not initialised (501)', 'initialise it: vault operator init'],
};

/** The failure behind a status that says nothing of the secret itself; undefined for one that does. */
export function serverTrouble(named: string, status: number): VaultFailure | undefined {
  const known = SERVER[status];
  if (known) return new VaultFailure(`${named} cannot be read: Vault ${known[0]}`, known[1], true);
  if (status >= 300 && status < 400) {
    return new VaultFailure(
      `${named} cannot be read: Vault sends on to another address (${status}), as a standby node does`,
      'set vault.address to the active node, or to the load balancer in front',
      true,
    );
  }
  if (status >= 500) {
    const text = `${named} cannot be read: Vault answered ${status}`;
    return new VaultFailure(text, 'look into the log of Vault', true);
  }
  return undefined;
}
