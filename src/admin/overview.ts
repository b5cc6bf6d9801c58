/** Gathers what the overview shows: one question to each room, all at once. */
import type { UpstreamTest } from '../delivery/upstream-tests.ts';
import { MOST_DENIED } from '../inbound/denied.ts';
import type { ListenerAddress } from '../inbound/inbound.ts';
import type { AuthorizationStatus } from '../oauth/authorizations.ts';
import type { WaitingMail } from '../queue/operations.ts';
import { type Settings, TEST_RELAY } from '../settings/schema.ts';
import { calm } from './calm.ts';
import type { Overview } from './contract-overview.ts';
import { mailMode, usedUpstreams } from './mail-mode.ts';
import { overviewState, takesMail } from './overview-state.ts';
import { stillRefused } from './refused-devices.ts';
import type { AdminServices, FlowServices } from './services.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long mail has waited, up to so many ms; the last stretch is open. */
export const AGES = [5 * MINUTE, HOUR, 4 * HOUR, DAY] as const;

export interface OverviewServices
  extends Pick<
    AdminServices,
    | 'settings'
    | 'queue'
    | 'accepting'
    | 'upstreams'
    | 'authorizations'
    | 'upstreamTests'
    | 'alerts'
    | 'expiry'
    | 'denied'
    | 'version'
    | 'hostname'
    | 'clock'
  > {
  readonly flow: FlowServices;
}

/** A function that tells how it goes now. It throws what the store throws. */
export function createOverview(services: OverviewServices): () => Promise<Overview> {
  const { settings, queue, clock, flow } = services;
  const ages = calm(clock, async () => {
    const now = clock.now();
    const counts = await flow.waitingAges.waitingSince(AGES.map((age) => now - age));
    return counts.map((count, index) => {
      const upTo = AGES[index];
      return { count, ...(upTo === undefined ? {} : { upTo }) };
    });
  });
  const waiting = calm(clock, () => queue.waiting());
  const denied = calm(clock, () => services.denied.list(MOST_DENIED));

  return async () => {
    const [counts, waits, waited, authorizations, tests, last, lastDevice, refused] = await Promise.all([
      queue.counts(),
      waiting(),
      ages(),
      services.authorizations.status(),
      services.upstreamTests?.list(),
      flow.traffic.last(),
      // Counts are kept for days only, devices for as long as there is room.
      flow.devices.lastSeen(),
      denied(),
    ]);
    const current = settings.current();
    const upstreams = upstreamsOf(services, current, waits, authorizations, tests);
    const listeners = listenersOf(flow.listeners(), current);
    const mode = mailMode(current);
    const lastAcceptedAt = Math.max(last.acceptedAt ?? 0, lastDevice ?? 0);
    const since = clock.now() - DAY;
    const recent = stillRefused(refused, current).filter(({ lastSeen }) => lastSeen >= since);
    return {
      state: overviewState({
        refusing: services.accepting.refusal(0) !== undefined,
        listeners,
        mode,
        upstreams: liveUpstreams(upstreams, current),
        ages: waited,
        seenMail: lastAcceptedAt > 0,
      }),
      mode,
      version: services.version,
      accessUrl: current.accessUrl,
      hostname: services.hostname(),
      locked: settings.document().locked,
      ...(lastAcceptedAt > 0 ? { lastAcceptedAt } : {}),
      ...(last.deliveredAt === undefined ? {} : { lastDeliveredAt: last.deliveredAt }),
      listeners,
      upstreams,
      counts: counts.map(({ state, count, bytes }) => ({ state, count, bytes })),
      ages: waited,
      alerts: services.alerts?.list() ?? [],
      expiry: services.expiry?.list().filter(({ level }) => level !== 'ok') ?? [],
      refusedDevices: new Set(recent.map(({ address }) => address)).size,
    };
  };
}

function upstreamsOf(
  { upstreams }: Pick<AdminServices, 'upstreams'>,
  settings: Settings,
  waits: readonly WaitingMail[],
  authorizations: readonly AuthorizationStatus[],
  tests: readonly UpstreamTest[] = [],
): Overview['upstreams'] {
  const { defaultUpstream = TEST_RELAY } = settings;
  const order = new Map(settings.upstreams.map(({ name }, index) => [name, index]));
  // As in the settings; the test relay that is there without being configured comes last.
  const place = (name: string) => order.get(name) ?? order.size;
  const all = upstreams.status().toSorted((a, b) => place(a.name) - place(b.name));
  return all.map((status) => {
    const wait = waits.find(({ upstream }) => upstream === status.name);
    const authorization = authorizations.find(({ upstream }) => upstream === status.name);
    const test = tests.find(({ upstream }) => upstream === status.name);
    return {
      ...status,
      isDefault: status.name === defaultUpstream,
      waiting: wait?.messages ?? 0,
      ...(wait?.lastLeavesAt === undefined ? {} : { lastLeavesAt: wait.lastLeavesAt }),
      ...(authorization === undefined ? {} : { authorization }),
      ...(test === undefined ? {} : { test }),
    };
  });
}

function listenersOf(addresses: readonly ListenerAddress[], { listeners }: Settings): Overview['listeners'] {
  return addresses.map((one) => {
    const listener = listeners.find(({ name }) => name === one.name);
    return {
      ...one,
      security: listener?.security ?? 'none',
      authentication: listener?.authentication ?? 'none',
    };
  });
}

/** Those that mail goes to by the settings, or waits for, without test relays. */
function liveUpstreams(upstreams: Overview['upstreams'], settings: Settings) {
  const used = usedUpstreams(settings);
  const takes = new Map(
    upstreams.map(({ name, circuit, authorization }) => [name, takesMail(circuit, authorization)]),
  );
  const fallbackOf = new Map(settings.upstreams.map(({ name, fallback }) => [name, fallback]));
  return upstreams
    .filter(({ name, kind, waiting }) => kind !== 'test-relay' && (used.includes(name) || waiting > 0))
    .map(({ name, waiting }) => {
      const fallback = fallbackOf.get(name);
      const helped = fallback !== undefined && takes.get(fallback) === true;
      return { name, waiting, takesMail: takes.get(name) === true || helped };
    });
}
