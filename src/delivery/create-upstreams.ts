import { isDeepStrictEqual } from 'node:util';
import type { TrustAnchors } from '../certificates/sources.ts';
import { oauthOf } from '../oauth/authorizations.ts';
import { type Settings, TEST_RELAY } from '../settings/schema.ts';
import { type UpstreamSettings, upstreamSchema } from '../settings/schema-upstreams.ts';
import type { SettingsSource } from '../settings/source.ts';
import type { Alerts } from '../shared/alerts.ts';
import type { Clock } from '../shared/clock.ts';
import { errorText } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Meter } from '../shared/meter.ts';
import type { Random } from '../shared/random.ts';
import { type CircuitView, createCircuit } from './circuit.ts';
import { createTransport, type TransportDependencies } from './create-transport.ts';
import { createDailyUsage, type UsageStorage } from './daily-usage.ts';
import { createDeliveryMeters } from './delivery-meters.ts';
import { createDispatch } from './dispatch.ts';
import { createGovernor } from './governor.ts';
import { createRefusedSizes } from './refused-sizes.ts';
import { createRouter } from './route.ts';
import { createSenderRefusals } from './sender-refusals.ts';
import { createUpstreamAlerts } from './upstream-alerts.ts';
import {
  fallbackReason,
  GrantedPermit,
  isCurable,
  obstacleOf,
  statusOf,
  type UpstreamRuntime,
} from './upstream-runtime.ts';
import type { CircuitState, Permit, Upstreams, Wait } from './upstreams.ts';

export interface UpstreamsDependencies {
  readonly settings: SettingsSource;
  readonly trustAnchors: TrustAnchors;
  readonly usage: UsageStorage;
  /** The name that Postern gives in EHLO. */
  readonly hostname: () => string;
  /** Nodes that share the limits, this one included. */
  readonly liveNodes: () => number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly meter: Meter;
  readonly alerts: Alerts;
  readonly tokens: TransportDependencies['tokens'];
  readonly http: TransportDependencies['http'];
  readonly dial?: TransportDependencies['dial'];
  readonly lookup?: TransportDependencies['lookup'];
  /** The circuit of an upstream is in another state. Must not throw. */
  readonly onCircuitChange?: (upstream: string) => void;
}

/** A message that is for an upstream which is not in the settings any more waits so long, ms. */
const UNKNOWN_UPSTREAM_WAIT = 60_000;

/** Brings the upstreams of the settings to life and keeps them in step with every change. */
export function createUpstreams(deps: UpstreamsDependencies): Upstreams {
  const { clock, log } = deps;
  const runtimes = new Map<string, UpstreamRuntime>();
  const listeners = new Set<(upstream: string) => void>();
  /** Transports of upstreams that were changed or removed, finishing what they have. */
  const leaving = new Set<Promise<unknown>>();
  let router = createRouter(deps.settings.current());
  const status = () => [...runtimes.values()].map(statusOf);
  const meters = createDeliveryMeters(deps.meter, status);
  const alerts = createUpstreamAlerts(deps);
  const senderRefusals = createSenderRefusals(deps);

  /** Tells those who were made to wait on this upstream to ask again. */
  function ready(runtime: UpstreamRuntime): void {
    if (runtime.waiting.size === 0) return;
    const names = [...runtime.waiting];
    runtime.waiting.clear();
    for (const name of names) for (const listener of listeners) listener(name);
  }

  function circuitChanged(name: string, view: CircuitView, previous: CircuitState): void {
    meters.circuitChanged(name, view.state);
    alerts.circuitChanged(name, view);
    deps.onCircuitChange?.(name);
    const { cause } = view;
    const fields = {
      upstream: name,
      circuit: view.state,
      ...(cause ? { reason: cause.reason, text: cause.text } : {}),
      ...(cause?.remedy === undefined ? {} : { remedy: cause.remedy }),
      ...(view.nextProbeAt === undefined ? {} : { nextProbeAt: new Date(view.nextProbeAt).toISOString() }),
    };
    if (view.state === 'closed') log.info(fields, 'The upstream works again; its mail goes out.');
    else if (view.state === 'half-open') log.info(fields, 'The upstream is tried with one message.');
    else if (previous !== 'open') log[levelOf(view)](fields, 'The upstream is out of order; its mail waits.');
    const runtime = runtimes.get(name);
    if (runtime && view.state !== 'half-open') ready(runtime);
  }

  function bringToLife(settings: UpstreamSettings, previous: UpstreamRuntime | undefined): UpstreamRuntime {
    const { name } = settings;
    const usage =
      previous?.usage ??
      createDailyUsage(name, {
        storage: deps.usage,
        clock,
        onLoaded: () => {
          const runtime = runtimes.get(name);
          if (runtime) ready(runtime);
        },
        onFailure: (error) =>
          log.warn(
            { upstream: name, err: errorText(error) },
            'The usage of the upstream could not be stored; tried again.',
          ),
      });
    previous?.governor.setLimits(settings.limits);
    return {
      settings,
      usage,
      transport: createTransport(settings, deps),
      sizes: createRefusedSizes(clock),
      governor: previous?.governor ?? createGovernor(settings.limits, usage, deps.liveNodes, clock),
      circuit:
        previous?.circuit ??
        createCircuit({
          clock,
          random: deps.random,
          cheapSignIn: () => isOverTokens(runtimes.get(name)),
          onChange: (view, before) => circuitChanged(name, view, before),
        }),
      waiting: previous?.waiting ?? new Set(),
    };
  }

  function leave(promise: Promise<unknown>): void {
    const settled = promise
      .catch((error: unknown) => log.error({ err: error }, 'An upstream could not be closed.'))
      .finally(() => leaving.delete(settled));
    leaving.add(settled);
  }

  function apply(settings: Settings): void {
    router = createRouter(settings);
    const wanted = new Map(withTestRelay(settings.upstreams).map((upstream) => [upstream.name, upstream]));
    for (const [name, runtime] of runtimes) {
      if (wanted.has(name)) continue;
      runtimes.delete(name);
      alerts.removed(name);
      senderRefusals.changed(name);
      ready(runtime);
      leave(runtime.transport.close().then(() => runtime.usage.close()));
    }
    for (const upstream of wanted.values()) {
      const previous = runtimes.get(upstream.name);
      if (previous && isDeepStrictEqual(previous.settings, upstream)) continue;
      const runtime = bringToLife(upstream, previous);
      runtimes.set(upstream.name, runtime);
      if (!previous) continue;
      senderRefusals.changed(upstream.name);
      leave(previous.transport.close());
      runtime.circuit.probeNow();
      ready(runtime);
    }
  }

  function enter(upstream: string, recipients: number): Permit | Wait {
    const runtime = runtimes.get(upstream);
    if (!runtime) return { wait: UNKNOWN_UPSTREAM_WAIT, reason: 'configuration' };
    const obstacle = obstacleOf(runtime, recipients);
    if (!obstacle) return new GrantedPermit(runtime, recipients, ready);
    runtime.waiting.add(upstream);
    const fallback = isCurable(runtime, obstacle, clock.now())
      ? runtimes.get(runtime.settings.fallback ?? '')
      : undefined;
    if (!fallback || fallback === runtime) return obstacle;
    const other = obstacleOf(fallback, recipients);
    if (!other) {
      return new GrantedPermit(fallback, recipients, ready, { upstream, reason: fallbackReason(runtime) });
    }
    fallback.waiting.add(upstream);
    return { wait: Math.min(obstacle.wait, other.wait), reason: obstacle.reason };
  }

  function someRefuse(size: number): boolean {
    for (const { sizes } of runtimes.values()) if (sizes.refuses(size)) return true;
    return false;
  }

  function probe(runtime: UpstreamRuntime): void {
    if (runtime.circuit.view().state !== 'open') return;
    runtime.circuit.probeNow();
    ready(runtime);
  }

  const stopListening = [
    deps.settings.onChange(apply),
    deps.trustAnchors.onChange(() => {
      for (const runtime of runtimes.values()) {
        runtime.transport.renewConnections?.();
        const reason = runtime.circuit.view().cause?.reason;
        if (reason === 'configuration' || reason === 'unreachable') probe(runtime);
      }
    }),
  ];
  apply(deps.settings.current());

  return {
    enter,
    status,
    refusesSize(subject, size) {
      // Asked for every message that a device announces, and nearly always nothing was ever refused.
      if (!someRefuse(size)) return false;
      const runtime = runtimes.get(router(subject));
      if (!runtime?.sizes.refuses(size)) return false;
      const { fallback } = runtime.settings;
      return fallback === undefined || runtimes.get(fallback)?.sizes.refuses(size) !== false;
    },
    forecast(upstream, messages) {
      const runtime = runtimes.get(upstream);
      return runtime?.circuit.view().state === 'closed' ? runtime.governor.forecast(messages) : undefined;
    },
    route: (subject) => router(subject),
    kindOf: (upstream) => runtimes.get(upstream)?.settings.kind ?? 'smtp',
    deliver: createDispatch({
      settings: () => deps.settings.current(),
      find: (name) => runtimes.get(name),
      released: ready,
      clock,
      log,
      meters,
      upstreamAlerts: alerts,
      senderRefusals,
    }),
    onReady(callback) {
      listeners.add(callback);
      return () => listeners.delete(callback);
    },
    probeNow(upstream) {
      for (const runtime of runtimes.values()) {
        if (upstream === undefined || upstream === runtime.settings.name) probe(runtime);
      }
    },
    async close() {
      for (const stop of stopListening) stop();
      alerts.close();
      const all = [...runtimes.values()];
      await Promise.all(all.map((runtime) => runtime.transport.close()));
      await Promise.all(all.map((runtime) => runtime.usage.close()));
      await Promise.all(leaving);
    },
  };
}

function isOverTokens(runtime: UpstreamRuntime | undefined): boolean {
  return runtime !== undefined && oauthOf(runtime.settings) !== undefined;
}

/** What an administrator has to do something about is an error; the rest passes by itself. */
function levelOf({ cause }: CircuitView): 'error' | 'warn' {
  return cause?.reason === 'authentication' || cause?.reason === 'configuration' ? 'error' : 'warn';
}

/** The test relay is there without being configured. */
function withTestRelay(upstreams: readonly UpstreamSettings[]): readonly UpstreamSettings[] {
  if (upstreams.some(({ name }) => name === TEST_RELAY)) return upstreams;
  return [...upstreams, builtInTestRelay];
}

const builtInTestRelay = upstreamSchema.parse({
  name: TEST_RELAY,
  kind: 'test-relay',
  limits: { connections: 1000 },
});
