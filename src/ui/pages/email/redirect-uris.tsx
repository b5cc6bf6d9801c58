/** The addresses that a provider sends the browser back to, and what stands in their way. */
import { ActionButton } from '../../components/action-button.tsx';
import { CopyText } from '../../components/copy-text.tsx';
import { Notice } from '../../components/notice.tsx';
import { useAction } from '../../use-action.ts';
import { t } from '../../words/words.ts';
import { withAt } from './json.ts';
import type { SaveDocument } from './save-document.ts';

export function RedirectUris(props: {
  readonly uris: readonly string[];
  readonly accessUrl: string;
  readonly save: SaveDocument | undefined;
}) {
  const { uris, accessUrl, save } = props;
  return (
    <>
      <ul class="plain">
        {uris.map((uri, index) => (
          <li key={uri}>
            {index === 1 && <small class="hint">{t('email.redirectOther')}</small>}
            <CopyText text={uri} label={t('email.redirectUri')} />
          </li>
        ))}
      </ul>
      <AccessUrlNotice accessUrl={accessUrl} save={save} />
    </>
  );
}

/** Warns where the sign-in would end at another address than the one in the browser, or at one that providers refuse. */
export function AccessUrlNotice({
  accessUrl,
  save,
}: {
  readonly accessUrl: string;
  readonly save: SaveDocument | undefined;
}) {
  const here = location.origin;
  const adopt = useAction(async () => {
    await save?.((document) => withAt(document, ['accessUrl'], here));
    return t('email.accessUrlChanged');
  });
  const url = URL.parse(accessUrl);
  if (url === null) return null;
  if (!sameServer(url, new URL(here))) {
    return (
      <Notice
        kind="warning"
        title={t('email.otherAddress', { here, accessUrl: url.origin })}
        remedy={t('email.otherAddressWhy')}
        actions={
          save !== undefined && (
            <ActionButton action={adopt} needs="settings.write">
              {t('email.useAddress', { here })}
            </ActionButton>
          )
        }
      />
    );
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    return <Notice kind="warning" title={t('email.httpsOnly')} remedy={t('email.httpsOnlyRemedy')} />;
  }
  return null;
}

function sameServer(one: URL, other: URL): boolean {
  if (one.origin === other.origin) return true;
  const local = isLoopback(one.hostname) && isLoopback(other.hostname);
  return local && one.port === other.port && one.protocol === other.protocol;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
