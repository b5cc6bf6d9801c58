/** What an ApiError says, with its faults and its remedy. */
import type { ComponentChildren } from 'preact';
import type { ApiError } from '../api.ts';
import { t } from '../words/words.ts';
import { FaultList } from './faults.tsx';
import { Notice } from './notice.tsx';

export function ErrorNotice(props: {
  readonly error: ApiError;
  /** Asks again. */
  readonly retry?: () => void;
  readonly children?: ComponentChildren;
}) {
  const { error, retry, children } = props;
  // The only fault is often the message itself.
  const [only] = error.faults;
  const said = error.faults.length === 1 && only !== undefined && error.message.includes(only.message);
  const listed = said && only.remedy === undefined ? [] : error.faults;
  const actions = retry !== undefined && (
    <button type="button" class="quiet" onClick={retry}>
      {t('common.tryAgain')}
    </button>
  );
  return (
    <Notice
      kind="error"
      title={errorText(error)}
      {...(error.hint === undefined ? {} : { remedy: error.hint })}
      {...(actions === false ? {} : { actions })}
    >
      <FaultList faults={listed} />
      {children}
    </Notice>
  );
}

/** The sentence of an error. */
export function errorText(error: ApiError): string {
  return error.code === 'unreachable' ? t('common.unreachable') : error.message;
}
