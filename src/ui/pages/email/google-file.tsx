/** The file of Google's console, dropped in or chosen: it fills the fields in. Its text stays in this page until it is saved. */
import { useState } from 'preact/hooks';
import type { GoogleClient } from '../../../admin/contract-configuration.ts';
import { send } from '../../api.ts';
import { CopyText } from '../../components/copy-text.tsx';
import { ErrorNotice } from '../../components/error-notice.tsx';
import { Notice } from '../../components/notice.tsx';
import type { JsonObject } from '../../json.ts';
import { useAction } from '../../use-action.ts';
import { t } from '../../words/words.ts';
import type { FormProps } from './form.ts';
import { textAt, withAt } from './json.ts';
import { choiceOf, wayFor, withWay } from './ways.ts';

/** Real ones have 3 kB. */
const LONGEST = 65_536;

export function GoogleFile(props: FormProps) {
  const { upstream, change, preset, onServiceAccount } = props;
  const [file, setFile] = useState<File>();
  const [over, setOver] = useState(false);
  const [found, setFound] = useState<GoogleClient>();
  const read = useAction(async (signal) => {
    if (file === undefined) return undefined;
    const json = file.size > LONGEST ? ' '.repeat(LONGEST) : await file.text();
    const answer = await send<GoogleClient>('POST', '/api/v1/settings/google-client', { json }, { signal });
    setFound(answer);
    if (answer.what === 'service-account') onServiceAccount?.(answer.clientId ?? '');
    const flow = answer.authentication.flow;
    const way = wayFor(preset, { ...choiceOf(upstream), type: 'oauth2', flow });
    const begun = way === undefined || choiceOf(upstream).flow === flow ? upstream : withWay(upstream, way);
    change(filled(begun, answer, json));
    return t('email.googleRead', { file: file.name });
  });
  const take = (files: FileList | null | undefined) => {
    const [first] = files ?? [];
    if (first === undefined) return;
    setFile(first);
    // The state has to be there when the action reads it.
    window.setTimeout(() => void read.run());
  };
  return (
    <div
      class={`drop${over ? ' over' : ''}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer?.files);
      }}
    >
      <label>
        {t('email.googleFile')}
        <input
          type="file"
          accept="application/json,.json"
          onChange={({ currentTarget }) => take(currentTarget.files)}
        />
      </label>
      <small class="hint">{t('email.googleFileHint')}</small>
      <span role="status" class="answer">
        {read.answer}
      </span>
      {read.error !== undefined && <ErrorNotice error={read.error} />}
      {found?.what === 'client' && found.missingRedirectUri !== undefined && (
        <Notice kind="warning" title={t('email.googleRedirectMissing')}>
          <CopyText text={found.missingRedirectUri} label={t('email.redirectUri')} />
        </Notice>
      )}
      {found?.what === 'service-account' && (
        <Notice kind="info" title={t('email.googleDelegation')}>
          <CopyText text={found.clientId ?? ''} label={t('email.clientId')} />
        </Notice>
      )}
    </div>
  );
}

/** The file itself is what the settings take as the secret. */
function filled(upstream: JsonObject, answer: GoogleClient, json: string): JsonObject {
  const fields = Object.entries(answer.authentication).reduce(
    (before, [key, value]) => withAt(before, ['authentication', key], value),
    upstream,
  );
  if (answer.what === 'service-account')
    return withAt(fields, ['authentication', 'serviceAccount'], { value: json });
  const secret = answer.hasSecret
    ? withAt(fields, ['authentication', 'clientSecret'], { value: json })
    : fields;
  return textAt(secret, ['authentication', 'flow']) === ''
    ? withAt(secret, ['authentication', 'flow'], 'authorization-code')
    : secret;
}
