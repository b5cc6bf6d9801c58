import type { UpstreamSettings } from '../settings/schema-upstreams.ts';
import type { Circuit, Ticket } from './circuit.ts';
import type { DailyUsage } from './daily-usage.ts';
import type { Governor } from './governor.ts';
import type { Unavailable } from './outcome.ts';
import type { RefusedSizes } from './refused-sizes.ts';
import type { Transport } from './transport.ts';
import type { Permit, UpstreamStatus, Wait } from './upstreams.ts';

/** One upstream at work: its settings with everything that they brought to life. */
export interface UpstreamRuntime {
  readonly settings: UpstreamSettings;
  readonly circuit: Circuit;
  readonly governor: Governor;
  readonly usage: DailyUsage;
  readonly transport: Transport;
  readonly sizes: RefusedSizes;
  /** Names of the upstreams for which somebody was told to wait on this one. */
  readonly waiting: Set<string>;
}

/** Leave that was given; what it took is given back once. */
export class GrantedPermit implements Permit {
  readonly upstream: string;
  readonly fallbackFrom?: { readonly upstream: string; readonly reason: string };
  readonly runtime: UpstreamRuntime;
  readonly ticket: Ticket;
  /** Recipients that count for the day's limit; set by the delivery. */
  handedOver = 0;
  readonly #recipients: number;
  readonly #released: (runtime: UpstreamRuntime) => void;
  #open = true;

  constructor(
    runtime: UpstreamRuntime,
    recipients: number,
    released: (runtime: UpstreamRuntime) => void,
    fallbackFrom?: { readonly upstream: string; readonly reason: string },
  ) {
    this.upstream = runtime.settings.name;
    if (fallbackFrom) this.fallbackFrom = fallbackFrom;
    this.runtime = runtime;
    this.#recipients = recipients;
    this.#released = released;
    runtime.governor.take(recipients);
    this.ticket = runtime.circuit.begin();
  }

  release(): void {
    if (!this.#open) return;
    this.#open = false;
    this.runtime.governor.giveBack(this.#recipients, this.handedOver);
    this.runtime.circuit.abandoned(this.ticket);
    this.#released(this.runtime);
  }
}

/** Why a message may not go to this upstream now, or undefined. */
export function obstacleOf(runtime: UpstreamRuntime, recipients: number): Wait | undefined {
  return runtime.circuit.obstacle() ?? runtime.governor.obstacle(recipients);
}

/** An upstream that asks for patience for longer than this is not waited for where there is another, ms. */
const PATIENCE = 15_000;

/** Another upstream helps where this one is out of order; not where it only asks for a little patience. `now`: ms since 1970. */
export function isCurable(runtime: UpstreamRuntime, wait: Wait, now: number): boolean {
  if (wait.reason === 'slots' || wait.reason === 'rate') return false;
  if (wait.reason !== 'throttled') return true;
  if (wait.wait > PATIENCE && Number.isFinite(wait.wait)) return true;
  const { since } = runtime.circuit.view();
  return since !== undefined && now - since > 2 * PATIENCE;
}

/** The same, when the upstream said so in answer to a message. */
export function isCurableFailure({ reason, retryAfter }: Unavailable): boolean {
  return reason !== 'throttled' || (retryAfter ?? 0) > PATIENCE;
}

const LONGEST_REASON = 600;

/** Why mail goes over the fallback, in a sentence for the journal. */
export function fallbackReason(runtime: UpstreamRuntime, cause = runtime.circuit.view().cause): string {
  const { name } = runtime.settings;
  const sentence =
    cause === undefined
      ? `${name} has reached its limit of recipients within 24 hours.`
      : `${name} is paused: ${cause.text}`;
  return sentence.length > LONGEST_REASON ? `${sentence.slice(0, LONGEST_REASON - 1)}…` : sentence;
}

/** What administrators and metrics are told of it, as of now. Open connections where the transport counts them, else slots in use. */
export function statusOf(runtime: UpstreamRuntime): UpstreamStatus {
  const { state, cause, since, nextProbeAt } = runtime.circuit.view();
  return {
    name: runtime.settings.name,
    kind: runtime.settings.kind,
    circuit: state,
    ...(cause ? { reason: cause.reason, text: cause.text } : {}),
    ...(cause?.remedy === undefined ? {} : { remedy: cause.remedy }),
    ...(since === undefined ? {} : { since }),
    ...(nextProbeAt === undefined ? {} : { nextProbeAt }),
    connections: runtime.transport.connections?.() ?? runtime.governor.inUse(),
    recipientsToday: runtime.usage.total(),
  };
}
