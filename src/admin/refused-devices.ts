import type { DeniedClient } from '../inbound/denied.ts';
import { addressBits } from '../inbound/networks.ts';
import { createPolicy } from '../inbound/policy.ts';
import type { Settings } from '../settings/schema.ts';

/**
 * Refusals that would be made again: what the settings in force allow by now is left out. Pure.
 */
export function stillRefused(
  denied: readonly DeniedClient[],
  settings: Pick<Settings, 'clients' | 'users'>,
): readonly DeniedClient[] {
  const policy = createPolicy(settings);
  return denied.filter(({ address, sender, client }) => {
    const bits = addressBits(address);
    const byAddress = bits === undefined ? undefined : policy.byAddress(bits);
    // A device that had signed in is judged as that user, if there is one still.
    const judged = policy.byUser(client) ?? byAddress;
    return judged?.maySend(sender) !== true;
  });
}
