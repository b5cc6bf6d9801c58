/** Whether the text can be saved, in a sentence; below it each fault and warning, whose line is a link into the text. */
import type { Fault } from '../../api.ts';
import { ErrorNotice } from '../../components/error-notice.tsx';
import { Icon } from '../../components/icon.tsx';
import { t } from '../../words/words.ts';
import type { Check } from './use-check.ts';

export function CheckResult(props: {
  readonly id: string;
  readonly check: Check;
  readonly goTo: (line: number) => void;
}) {
  const { id, check, goTo } = props;
  const { checking, faults, warnings, error } = check;
  return (
    <div class="check-result">
      <p id={id} class={faults.length > 0 ? 'bad' : ''}>
        <span role="status">
          {!checking && error === undefined && (
            <>
              <Icon name={faults.length > 0 ? 'bad' : 'good'} /> {sentence(check)}
            </>
          )}
        </span>
        {checking && (
          <span aria-hidden="true" class="checking">
            <Icon name="waiting" /> {t('document.checking')}
          </span>
        )}
      </p>
      {error !== undefined && <ErrorNotice error={error} />}
      {faults.length + warnings.length > 0 && (
        <ul>
          {[...faults, ...warnings].map((fault, index) => (
            <li key={`${index} ${fault.path}`} class={index < faults.length ? 'bad' : 'warning'}>
              <Icon name={index < faults.length ? 'bad' : 'warning'} />
              <FaultLine fault={fault} kind={index < faults.length ? 'fault' : 'warning'} goTo={goTo} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function sentence({ faults, warnings }: Check): string {
  if (faults.length > 0) return t('document.faults', { count: faults.length });
  return warnings.length > 0 ? t('document.warnings', { count: warnings.length }) : t('document.noFaults');
}

function FaultLine(props: {
  readonly fault: Fault;
  readonly kind: 'fault' | 'warning';
  readonly goTo: (line: number) => void;
}) {
  const { fault, kind, goTo } = props;
  const { line, path, message, remedy } = fault;
  return (
    <div>
      <span class="hidden">{t(`document.${kind}`)}: </span>
      {line !== undefined && (
        <button type="button" class="quiet line-link" onClick={() => goTo(line)}>
          {t('document.line', { line })}
        </button>
      )}
      {path !== '' && <code>{path}</code>} {message}
      {remedy !== undefined && <span class="remedy"> {remedy}</span>}
    </div>
  );
}
