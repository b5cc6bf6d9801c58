/** What Postern fills in by itself, and may be typed: scopes and addresses of the provider. */
import { useEffect, useState } from 'preact/hooks';
import { Disclosure } from '../../components/disclosure.tsx';
import { TextField } from '../../components/text-field.tsx';
import { t } from '../../words/words.ts';
import { type FormProps, setter } from './form.ts';
import { textAt } from './json.ts';

export function AdvancedFields(props: FormProps) {
  const { upstream, way, path } = props;
  const asked = new Set(way?.fields.map((field) => field.replace('?', '')));
  const tenant = textAt(upstream, ['authentication', 'tenantId']);
  const offered = (text: string | undefined) =>
    tenant === '' ? text : text?.replace('TENANT', encodeURIComponent(tenant));
  const rows = [
    ['scopes', t('email.scopes'), way?.scopes],
    ['authorizationEndpoint', t('email.authorizationEndpoint'), offered(way?.authorizationEndpoint)],
    ['tokenEndpoint', t('email.tokenEndpoint'), offered(way?.tokenEndpoint)],
    ['deviceAuthorizationEndpoint', t('email.deviceEndpoint'), offered(way?.deviceAuthorizationEndpoint)],
    ['mailbox', t('email.otherMailbox'), undefined],
  ] as const;
  const shown = rows.filter(([key, , usual]) => {
    if (asked.has(key)) return false;
    if (textAt(upstream, ['authentication', key]) !== '') return true;
    return usual !== undefined || (key === 'mailbox' && way?.flow !== undefined && asked.has('email'));
  });
  const filled = shown.some(([key]) => textAt(upstream, ['authentication', key]) !== '');
  const [open, setOpen] = useState(filled);
  useEffect(() => {
    if (filled) setOpen(true);
  }, [filled]);
  if (shown.length === 0) return null;
  return (
    <Disclosure summary={t('email.advanced')} open={open}>
      <p class="muted">{t('email.advancedHint')}</p>
      {shown.map(([key, label, usual]) => (
        <TextField
          key={key}
          label={label}
          path={`${path}.authentication.${key}`}
          value={textAt(upstream, ['authentication', key])}
          onChange={setter(props, ['authentication', key])}
          code
          optional
          {...(usual === undefined ? {} : { placeholder: usual })}
          {...(key === 'mailbox' ? { hint: t('email.otherMailboxHint') } : {})}
        />
      ))}
    </Disclosure>
  );
}
