import type { Meter } from '../shared/meter.ts';
import type { Attempt, CircuitState, UpstreamStatus } from './upstreams.ts';

const SECONDS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** The counts of delivery. */
export interface DeliveryMeters {
  attempted(attempt: Attempt, seconds: number): void;
  circuitChanged(upstream: string, state: CircuitState): void;
}

/** Registers them. `status` is asked whenever the metrics are read, so that the gauges cost nothing between. */
export function createDeliveryMeters(meter: Meter, status: () => readonly UpstreamStatus[]): DeliveryMeters {
  const deliveries = meter.counter(
    'postern_deliveries_total',
    'Recipients by what an attempt brought them.',
    ['upstream', 'result'],
  );
  const changes = meter.counter(
    'postern_upstream_circuit_changes_total',
    'Changes of an upstream’s circuit.',
    ['upstream', 'state'],
  );
  const duration = meter.histogram('postern_delivery_duration_seconds', 'Time of one attempt.', SECONDS, [
    'upstream',
  ]);
  meter
    .gauge('postern_upstream_circuit_state', 'Circuit of an upstream: 0 closed, 1 half-open, 2 open.', [
      'upstream',
    ])
    .from(() => status().map(({ name, circuit }) => ({ labels: [name], value: STATE_VALUES[circuit] })));
  meter
    .gauge('postern_upstream_connections', 'Open connections to an upstream.', ['upstream'])
    .from(() => status().map(({ name, connections }) => ({ labels: [name], value: connections })));
  meter
    .gauge(
      'postern_upstream_recipients',
      'Recipients handed to an upstream within 24 hours, over all nodes.',
      ['upstream'],
    )
    .from(() => status().map(({ name, recipientsToday }) => ({ labels: [name], value: recipientsToday })));
  return {
    attempted({ upstream, outcome }, seconds) {
      duration.observe(seconds, upstream);
      if (outcome.kind === 'unavailable') deliveries.add(1, upstream, 'unavailable');
      else for (const { kind } of outcome.recipients) deliveries.add(1, upstream, kind);
    },
    circuitChanged: (upstream, state) => changes.add(1, upstream, state),
  };
}

const STATE_VALUES: Readonly<Record<CircuitState, number>> = { closed: 0, 'half-open': 1, open: 2 };
