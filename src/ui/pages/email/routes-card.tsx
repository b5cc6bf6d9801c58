/** Which mail goes elsewhere than to the default upstream: a summary; it is edited with the devices and in the document. */
import { Card } from '../../components/card.tsx';
import type { JsonObject } from '../../json.ts';
import { t } from '../../words/words.ts';
import { objectsIn, textAt } from './json.ts';

const CONDITIONS = ['sender', 'senderDomain', 'recipientDomain', 'client', 'listener'] as const;

export function RoutesCard({ document }: { readonly document: JsonObject }) {
  const routes = objectsIn(document, 'routes').map((route) => {
    const conditions = CONDITIONS.flatMap((key) => {
      const value = textAt(route, [key]);
      return value === '' ? [] : [`${t(`email.route-${key}`)} ${value}`];
    });
    return { what: conditions.join(', ') || t('email.route-all'), upstream: textAt(route, ['upstream']) };
  });
  const clients = [...objectsIn(document, 'clients'), ...objectsIn(document, 'users')].flatMap((client) => {
    const upstream = textAt(client, ['upstream']);
    return upstream === ''
      ? []
      : [{ what: `${t('email.route-client')} ${textAt(client, ['name'])}`, upstream }];
  });
  const all = [...routes, ...clients];
  if (all.length === 0) return null;
  return (
    <Card title={t('email.routes')}>
      <p class="muted">{t('email.routesHint')}</p>
      <ol>
        {all.map(({ what, upstream }) => (
          <li key={`${what} ${upstream}`}>
            {what} → <a href={`/email/${encodeURIComponent(upstream)}`}>{upstream}</a>
          </li>
        ))}
      </ol>
    </Card>
  );
}
