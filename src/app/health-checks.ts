import type { Inbound } from '../inbound/inbound.ts';
import type { HealthCheck } from '../observe/health.ts';
import { RelayError } from '../shared/errors.ts';
import type { Store } from '../store/open-store.ts';

/** What has to work for the node to be ready: the store, and every listener; never an upstream. */
export function healthChecks(store: Store, inbound: Inbound): readonly HealthCheck[] {
  return [storeCheck(store), listenerCheck(inbound)];
}

function storeCheck(store: Store): HealthCheck {
  return { name: 'store', check: () => store.healthy() };
}

function listenerCheck(inbound: Inbound): HealthCheck {
  return {
    name: 'listeners',
    async check() {
      const closed = inbound.addresses().find(({ open }) => !open);
      if (closed === undefined) return;
      throw new RelayError('configuration', `Listener ${closed.name} is not open: ${closed.failure ?? ''}`);
    },
  };
}
