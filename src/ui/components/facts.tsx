/** Names and values, one under the other. */
import type { ComponentChildren } from 'preact';

export function Facts(props: {
  /** Those with an `undefined` value are left out. */
  readonly facts: readonly (readonly [name: string, value: ComponentChildren])[];
}) {
  return (
    <dl class="facts">
      {props.facts
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
