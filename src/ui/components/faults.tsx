/** Faults of a form: each field finds its own by the path in the settings, and the list links to the fields. */
import { type ComponentChildren, createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Fault } from '../api.ts';
import { t } from '../words/words.ts';

const Faults = createContext<readonly Fault[]>([]);

/** Everything inside learns of these faults. */
export function FaultsOf(props: { readonly faults: readonly Fault[]; readonly children: ComponentChildren }) {
  return <Faults.Provider value={props.faults}>{props.children}</Faults.Provider>;
}

/** The faults of one path and of what lies below it. */
export function useFaults(path: string | undefined): readonly Fault[] {
  const faults = useContext(Faults);
  if (path === undefined) return [];
  return faults.filter(
    (fault) =>
      fault.path === path || (/^[.[]/.test(fault.path.slice(path.length)) && fault.path.startsWith(path)),
  );
}

/** Id of the input of a path, to link to. */
export function fieldId(path: string): string {
  return `field-${path.replaceAll(/[^\w-]+/g, '-')}`;
}

/** Faults as a list; those whose field is on the page are links to it. */
export function FaultList({ faults }: { readonly faults: readonly Fault[] }) {
  if (faults.length === 0) return null;
  return (
    <ul class="faults" aria-label={t('common.faults', { count: faults.length })}>
      {faults.map((fault) => (
        <li key={`${fault.path} ${fault.message}`}>
          <FaultName fault={fault} /> {faultText(fault)}
        </li>
      ))}
    </ul>
  );
}

/** What is wrong and what to do, as one sentence. */
export function faultText({ message, remedy }: Pick<Fault, 'message' | 'remedy'>): string {
  if (remedy === undefined) return message;
  return `${message}${/[.:;!?]$/.test(message) ? '' : ';'} ${remedy}`;
}

function FaultName({ fault }: { readonly fault: Fault }) {
  if (fault.path === '') return null;
  const id = fieldId(fault.path);
  const go = (event: MouseEvent) => {
    const field = document.getElementById(id);
    if (field === null) return;
    event.preventDefault();
    field.focus();
  };
  return (
    <a href={`#${id}`} onClick={go}>
      <code>{fault.path}</code>
    </a>
  );
}
