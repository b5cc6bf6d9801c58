/** Adds or changes a network that may send, or a user for SMTP AUTH. */
import { SecretField } from '../../components/secret-field.tsx';
import { TextField } from '../../components/text-field.tsx';
import { dateText } from '../../format.ts';
import { isObject } from '../../json.ts';
import { t } from '../../words/words.ts';
import { type Entry, textOf, textsOf } from './document.ts';
import { EntryForm, type FieldsProps } from './entry-form.tsx';
import { ListField } from './list-field.tsx';
import { PolicyFields } from './policy-fields.tsx';

export function ClientForm({ name }: { readonly name?: string | undefined }) {
  return (
    <EntryForm
      section="clients"
      name={name}
      title={name ?? t('devices.newClient')}
      fresh={{ name: '', networks: [], senders: ['*'] }}
      fields={(props) => (
        <>
          <TextField
            label={t('devices.clientName')}
            hint={t('devices.clientNameHint')}
            path={`${props.path}.name`}
            value={textOf(props.entry, 'name')}
            onChange={(value) => props.change({ ...props.entry, name: value })}
            required
            maxLength={64}
          />
          <ListField
            label={t('devices.networksLabel')}
            hint={t('devices.networksHint')}
            path={`${props.path}.networks`}
            value={textsOf(props.entry, 'networks', [])}
            onChange={(networks) => props.change({ ...props.entry, networks })}
          />
          <PolicyFields {...props} />
        </>
      )}
    />
  );
}

/** A user for SMTP AUTH: a device that can sign in. */
export function UserForm({ name }: { readonly name?: string | undefined }) {
  return (
    <EntryForm
      section="users"
      name={name}
      title={name ?? t('devices.newUser')}
      fresh={{ name: '', senders: ['*'] }}
      fields={(props) => (
        <>
          <TextField
            label={t('devices.userName')}
            hint={t('devices.userNameHint')}
            path={`${props.path}.name`}
            value={textOf(props.entry, 'name')}
            onChange={(value) => props.change({ ...props.entry, name: value })}
            required
            maxLength={64}
          />
          <PasswordField {...props} />
          <PolicyFields {...props} />
        </>
      )}
    />
  );
}

function PasswordField({ entry, known, change, path }: FieldsProps) {
  const before = known?.['password'];
  const source: Entry | undefined = isObject(before) ? before : undefined;
  const now = entry['password'];
  const typed = isObject(now) ? now['value'] : undefined;
  return (
    <SecretField
      label={t('devices.password')}
      hint={t('devices.passwordHint')}
      path={`${path}.password`}
      isSet={source !== undefined}
      about={source === undefined ? undefined : aboutPassword(source)}
      value={typeof typed === 'string' ? typed : undefined}
      onChange={(value) => {
        const { password: _, ...rest } = entry;
        if (typeof value === 'string') change({ ...rest, password: { value } });
        else change(source === undefined ? rest : { ...rest, password: source });
      }}
      autocomplete="new-password"
    />
  );
}

/** Where it comes from, or since when it is set. */
function aboutPassword(source: Entry): string {
  for (const place of ['file', 'env', 'command', 'vault'] as const) {
    if (source[place] !== undefined) return t(`devices.password-${place}`);
  }
  const since = Date.parse(textOf(source, 'since'));
  return Number.isNaN(since)
    ? t('devices.password-set')
    : t('devices.password-since', { date: dateText(since) });
}
