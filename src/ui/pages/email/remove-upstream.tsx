/** Takes an upstream out of the settings, and says before what goes with it. */
import { useLocation } from 'preact-iso';
import { send } from '../../api.ts';
import { Card } from '../../components/card.tsx';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import type { JsonObject } from '../../json.ts';
import { useAction } from '../../use-action.ts';
import { t } from '../../words/words.ts';
import { defaultUpstreamOf, upstreamsOf } from './configuration.ts';
import { objectsIn, textAt, withAt } from './json.ts';
import type { SaveDocument } from './save-document.ts';

export function RemoveUpstream(props: {
  readonly name: string;
  readonly document: JsonObject;
  readonly store: SaveDocument;
  /** Somebody has consented for it. */
  readonly authorized: boolean;
}) {
  const { name, document, store, authorized } = props;
  const { route } = useLocation();
  const isDefault = defaultUpstreamOf(document) === name;
  const users = ['routes', 'clients', 'users'].flatMap((key) =>
    objectsIn(document, key).filter((each) => textAt(each, ['upstream']) === name),
  );
  const remove = useAction(async () => {
    // First, for an authorization is known by the name of an upstream that is there.
    if (authorized) await send('DELETE', `/api/v1/upstreams/${encodeURIComponent(name)}/authorization`);
    await store((before) => without(before, name), '?test=false');
    route('/email');
  });
  const lost = [
    t('email.removeQuestion', { name }),
    ...(authorized ? [t('email.removeSignIn')] : []),
    ...(isDefault ? [t('email.removeDefault')] : []),
  ];
  return (
    <Card title={t('email.removeTitle')}>
      <ConfirmButton
        action={remove}
        look="danger"
        needs="settings.write"
        disabled={users.length > 0 && t('email.removeUsed')}
        question={lost.join(' ')}
        confirm={t('email.remove', { name })}
      >
        {t('email.remove', { name })}
      </ConfirmButton>
    </Card>
  );
}

/** The document without it, and without mentions of it that can be left out. */
function without(document: JsonObject, name: string): JsonObject {
  const upstreams = upstreamsOf(document)
    .filter((each) => textAt(each, ['name']) !== name)
    .map((each) => (textAt(each, ['fallback']) === name ? withAt(each, ['fallback'], undefined) : each));
  const next = withAt(document, ['upstreams'], upstreams);
  return defaultUpstreamOf(document) === name ? withAt(next, ['defaultUpstream'], undefined) : next;
}
