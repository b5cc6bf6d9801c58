/** Fields with the button that submits them: runs the action, and each field shows its own of the faults that come of it. */
import type { ComponentChildren } from 'preact';
import type { Action } from '../use-action.ts';
import { FaultsOf } from './faults.tsx';

export function Form(props: {
  readonly action: Action;
  readonly class?: string;
  /** What the paths of its fields begin with, where another form on the page has fields of the same names: `sign-in.`. */
  readonly prefix?: string;
  readonly children: ComponentChildren;
}) {
  const { action, prefix = '', children } = props;
  const faults = (action.error?.faults ?? []).map((fault) => ({ ...fault, path: prefix + fault.path }));
  return (
    <form
      {...(props.class === undefined ? {} : { class: props.class })}
      onSubmit={(event) => {
        event.preventDefault();
        void action.run();
      }}
    >
      <FaultsOf faults={faults}>{children}</FaultsOf>
    </form>
  );
}
